import type { LineReader } from "./reader.ts";

/** A line of 1 MiB is no record of any generator; k6's longest, with a body of tags, are below 10 KB. */
export const MAX_LINE_BYTES = 1_048_576;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts a stream of bytes into lines for a reader, in bounded memory: a longer line is counted as rejected and its neighbours are kept.
 * LF and CRLF end a line. Broken UTF-8 and NUL become U+FFFD: the request behind such a line did happen and must be counted.
 */
export class LineSplitter {
  readonly #reader: LineReader;
  readonly #maxLineBytes: number;
  readonly #decoder = new TextDecoder("utf-8");
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #isSkipping = false;

  constructor(reader: LineReader, maxLineBytes = MAX_LINE_BYTES) {
    this.#reader = reader;
    this.#maxLineBytes = maxLineBytes;
  }

  /** The chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const at = chunk.indexOf(LINE_FEED, from);
      if (at < 0) break;
      this.#take(chunk.subarray(from, at));
      this.#endLine();
      from = at + 1;
    }
    if (from < chunk.length) this.#take(chunk.slice(from));
  }

  /** The file is over: what follows its last line feed is a line too. True if there was such a rest, which may be half a line. */
  end(): boolean {
    const endsInside = this.#isSkipping || this.#restBytes > 0;
    if (endsInside) this.#endLine();
    this.#reader.end();
    return endsInside;
  }

  #take(piece: Uint8Array): void {
    if (this.#isSkipping || piece.length === 0) return;
    if (this.#restBytes + piece.length > this.#maxLineBytes) {
      this.#isSkipping = true;
      this.#rest = [];
      this.#restBytes = 0;
      return;
    }
    this.#rest.push(piece);
    this.#restBytes += piece.length;
  }

  #endLine(): void {
    const account = this.#reader.account;
    if (this.#isSkipping) {
      account.lines += 1;
      account.reject("line_too_long");
    } else this.#reader.push(this.#text());
    this.#isSkipping = false;
    this.#rest = [];
    this.#restBytes = 0;
  }

  #text(): string {
    const [first = NO_BYTES] = this.#rest;
    const whole = this.#rest.length <= 1 ? first : joined(this.#rest, this.#restBytes);
    const bytes = whole.at(-1) === CARRIAGE_RETURN ? whole.subarray(0, -1) : whole;
    const text = this.#decoder.decode(bytes);
    return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
  }
}

const NO_BYTES = new Uint8Array(0);

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
