import type { SampledTrace } from "../../model/ledger.ts";
import type { InsertStatements } from "./insert-statements.ts";
import { formatLedgerJson } from "./ledger-json.ts";

/**
 * The sampled traces that a file holds. Some thousand are saved anew every second or so, of which a few are others than before: only those are
 * written. A trace is known by its object, which must not change once it was saved. Those of writers before this one stay, before its own.
 */
export class SavedTraces {
  readonly #before: readonly number[];
  #numbers: ReadonlyMap<SampledTrace, number> = new Map();
  #next: number;

  /** `before`: the ids that the file has, in their order. */
  constructor(before: readonly number[]) {
    this.#before = before;
    this.#next = before.reduce((next, id) => Math.max(next, id + 1), 0);
  }

  /** Within the caller's transaction; what is returned is to be called once that is committed. */
  replace(insert: InsertStatements, traces: readonly SampledTrace[]): () => void {
    const numbers = new Map<SampledTrace, number>();
    let next = this.#next;
    for (const trace of new Set(traces)) {
      const known = this.#numbers.get(trace);
      if (known === undefined) insert.trace.run(next, formatLedgerJson(trace));
      numbers.set(trace, known ?? next++);
    }
    for (const [trace, number] of this.#numbers) if (!numbers.has(trace)) insert.dropTrace.run(number);
    insert.traceOrder.run(JSON.stringify([...this.#before, ...traces.map((trace) => numbers.get(trace))]));
    return () => {
      this.#numbers = numbers;
      this.#next = next;
    };
  }
}
