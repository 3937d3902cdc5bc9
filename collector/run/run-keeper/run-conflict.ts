export type RunConflictCode = "run_open" | "no_open_run" | "run_not_open" | "too_many_marks" | "time_outside_run" | "load_ends_early";

/** What was asked for does not fit the state that the runs are in. `message` says what the state is, `hint` what to do. */
export class RunConflict extends Error {
  override readonly name = "RunConflict";
  readonly code: RunConflictCode;
  readonly hint: string;
  constructor(code: RunConflictCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
