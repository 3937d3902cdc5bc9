import type { LedgerLoss } from "../../model/ledger.ts";

export type LossSignal = LedgerLoss["signal"];

/** Reasons are of this program, not of the sender, so there are few of them. */
export class LossTally {
  readonly #items = new Map<string, { readonly signal: LossSignal; readonly reason: string; items: number }>();
  #isChanged = false;

  add(signal: LossSignal, reason: string, items = 1): void {
    if (items <= 0) return;
    const key = `${signal} ${reason}`;
    const known = this.#items.get(key);
    if (known === undefined) this.#items.set(key, { signal, reason, items });
    else known.items += items;
    this.#isChanged = true;
  }

  rows(): readonly LedgerLoss[] {
    return [...this.#items.values()].map(({ signal, reason, items }) => ({ component: "recorder", signal, reason, items }));
  }

  /** Whether anything was added since `saved` was called last. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  saved(): void {
    this.#isChanged = false;
  }
}
