import type { GateMistake } from "./parsed-gate.ts";

/** Ends the reading of a threshold; the parser turns it into its answer. */
export class Mistaken extends Error {
  readonly mistake: GateMistake;
  constructor(mistake: GateMistake) {
    super(mistake.message);
    this.mistake = mistake;
  }
}

/** The text of a threshold and how far it has been read. */
export class GateText {
  readonly #text: string;
  /** Index of the next character. */
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character; "" at the end. */
  get next(): string {
    return this.#text[this.at] ?? "";
  }

  get isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  get rest(): string {
    return this.#text.slice(this.at).trim();
  }

  get whole(): string {
    return this.#text.trim();
  }

  /** What a sticky pattern matches here; it has then been read. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found[0];
  }

  /** Whether this word stands here; it has then been read. */
  takeWord(word: string): boolean {
    this.space();
    if (!this.#text.startsWith(word, this.at) || /\w/.test(this.#text[this.at + word.length] ?? "")) return false;
    this.at += word.length;
    return true;
  }

  space(): void {
    while (/\s/.test(this.next)) this.at++;
  }

  /** Up to the same quote again, which must come. */
  quoted(): string {
    const quote = this.next;
    const end = this.#text.indexOf(quote, this.at + 1);
    if (end < 0) this.fail("the quote is not closed", quote, this.at);
    const value = this.#text.slice(this.at + 1, end);
    this.at = end + 1;
    return value;
  }

  from(start: number): string {
    return this.#text.slice(start, this.at);
  }

  /** `at` from 0, `length` in characters. */
  fail(message: string, expected: string, at: number, length = 1): never {
    throw new Mistaken({ message, expected, column: at + 1, length: Math.max(1, length) });
  }
}
