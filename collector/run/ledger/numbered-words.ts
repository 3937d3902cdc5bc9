interface Numbered<Entry> {
  readonly number: number;
  readonly entry: Entry;
}

/**
 * Numbers for things that repeat, from 0 upwards, the same for equal keys. New ones are kept until they are known to be on disk: a transaction
 * that was rolled back takes nothing away.
 */
export class NumberedWords<Entry> {
  readonly #numbers = new Map<string, number>();
  #next = 0;
  #unsaved: Numbered<Entry>[] = [];

  /** `known`: the keys in the order of their numbers. */
  constructor(known: Iterable<string>) {
    for (const key of known) this.#numbers.set(key, this.#next++);
  }

  numberOf(key: string, entry: Entry): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#next++;
    this.#numbers.set(key, number);
    this.#unsaved.push({ number, entry });
    return number;
  }

  has(number: number): boolean {
    return Number.isInteger(number) && number >= 0 && number < this.#next;
  }

  get unsaved(): readonly Numbered<Entry>[] {
    return this.#unsaved;
  }

  /** To be called once all that is unsaved is committed. */
  saved(): void {
    if (this.#unsaved.length > 0) this.#unsaved = [];
  }
}
