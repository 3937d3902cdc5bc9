/** An expression that cannot be parsed, or not be evaluated. `offset` counts characters from the beginning of the text. */
export class PromqlError extends Error {
  override readonly name = "PromqlError";
  /** What is wrong, without the place. */
  readonly problem: string;
  readonly offset: number;
  /** 1-based. */
  readonly line: number;
  readonly column: number;

  constructor(problem: string, text: string, offset: number) {
    const before = text.slice(0, offset).split("\n");
    const line = before.length;
    const column = (before.at(-1) ?? "").length + 1;
    super(`${line}:${column}: ${problem}`);
    this.problem = problem;
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}

/** What went wrong while an expression was evaluated, before anybody has said where in the text. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}
