/** A text with `*` for any text, to be found in linear time whatever senders send: as a RegExp each further star costs another pass over the text. */
export class Glob {
  readonly #head: string;
  readonly #middle: readonly string[];
  readonly #tail: string;
  readonly #hasStar: boolean;

  constructor(glob: string) {
    const parts = glob.split("*");
    this.#head = parts[0] ?? "";
    this.#middle = parts.slice(1, -1);
    this.#tail = parts.at(-1) ?? "";
    this.#hasStar = parts.length > 1;
  }

  test(text: string): boolean {
    if (!this.#hasStar) return text === this.#head;
    if (!text.startsWith(this.#head) || !text.endsWith(this.#tail)) return false;
    let at = this.#head.length;
    const end = text.length - this.#tail.length;
    for (const part of this.#middle) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  }
}
