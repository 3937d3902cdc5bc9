import { type ErrorKind, errorKindOfStatus, type Outcome, outcomeOf } from "../../model/load-outcome.ts";
import type { LoadAggregate } from "../../model/load-record.ts";

/** Adds up outcomes for an aggregate. Zero counts leave no trace, so that "none" and "not told" stay apart in the format's own way. */
export class Tally {
  readonly statuses: Map<number, number> = new Map();
  readonly #outcomes = new Map<Outcome, number>();
  readonly #kinds = new Map<ErrorKind, number>();

  status(status: number, count: number): void {
    if (count <= 0) return;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + count);
    const kind = errorKindOfStatus(status);
    if (kind === undefined) this.outcome("ok", count);
    else this.kind(kind, count);
  }

  kind(kind: ErrorKind, count: number): void {
    if (count <= 0) return;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + count);
    this.outcome(outcomeOf(kind), count);
  }

  outcome(outcome: Outcome, count: number): void {
    if (count > 0) this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + count);
  }

  get count(): number {
    let sum = 0;
    for (const count of this.#outcomes.values()) sum += count;
    return sum;
  }

  get counts(): Pick<LoadAggregate, "outcomes" | "errorKinds" | "statuses"> {
    return { outcomes: Object.fromEntries(this.#outcomes), errorKinds: Object.fromEntries(this.#kinds), statuses: this.statuses };
  }
}
