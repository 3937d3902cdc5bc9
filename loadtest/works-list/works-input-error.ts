/** Bad input, with where it is: `migration.json: tables.puzzle_work_profile[3]: …`. Never holds a value of the input. */
export class WorksInputError extends Error {
  override readonly name = "WorksInputError";

  constructor(place: string, what: string) {
    super(`${place}: ${what}`);
  }
}
