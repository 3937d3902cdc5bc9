import type { LedgerLoss } from "../../model/ledger.ts";

export type LossSignal = LedgerLoss["signal"];

const COMPONENT = "recorder";
/** Reasons of the recorder are few; those that witnesses tell of themselves are for everybody to make up. */
const MAX_TOLD = 200;

/** What was not recorded, or less exactly than it came, by who lost it and why. */
export class LossTally {
  readonly #rows = new Map<string, { -readonly [key in keyof LedgerLoss]: LedgerLoss[key] }>();
  #told = 0;
  #isChanged = false;

  /** The numbers of the run may be short by these. */
  add(signal: LossSignal, reason: string, items = 1): void {
    this.#add({ component: COMPONENT, signal, reason, items });
  }

  /** The numbers are whole; something about these is not known. */
  detail(signal: LossSignal, reason: string, items = 1): void {
    this.#add({ component: COMPONENT, signal, reason, items, concerns: "detail" });
  }

  /** What a witness says that it lost before it got here. */
  told(loss: LedgerLoss): void {
    const isKnown = this.#rows.has(keyOf(loss));
    if (!isKnown && this.#told >= MAX_TOLD) this.add(loss.signal, "losses that witnesses told of, too many kinds of them", loss.items);
    else {
      if (!isKnown) this.#told++;
      this.#add(loss);
    }
  }

  rows(): readonly LedgerLoss[] {
    return [...this.#rows.values()].map((row) => ({ ...row }));
  }

  /** Whether anything was added since `saved` was called last. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  saved(): void {
    this.#isChanged = false;
  }

  #add(loss: LedgerLoss): void {
    if (!(loss.items > 0)) return;
    const known = this.#rows.get(keyOf(loss));
    if (known === undefined) this.#rows.set(keyOf(loss), { ...loss });
    else known.items += loss.items;
    this.#isChanged = true;
  }
}

function keyOf({ component, signal, reason }: LedgerLoss): string {
  return `${signal}\n${component}\n${reason}`;
}
