/** A piece of JSON text in a form that is compared four bytes at a time. */
export class JsonLiteral {
  readonly length: number;
  readonly words: Int32Array;
  /** The last four bytes, which may overlap the last word. */
  readonly tail: number;

  constructor(text: string) {
    const view = new DataView(new TextEncoder().encode(text).buffer);
    this.length = text.length;
    this.words = Int32Array.from({ length: (text.length - 1) >> 2 }, (_, index) => view.getInt32(index * 4, true));
    this.tail = view.getInt32(text.length - 4, true);
  }
}
