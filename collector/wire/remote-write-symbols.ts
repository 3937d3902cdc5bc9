import { ForwardWriter } from "./protobuf-forward-writer.ts";
import { putString } from "./remote-write-fields.ts";

/** Request.symbols: field 4, length. */
const SYMBOLS = 0x22;
/** Beyond either, everything is learnt anew: a sender of ever new label values may not keep them all. */
const MAX_STRINGS = 1_048_576;
const MAX_BYTES = 67_108_864;

/**
 * The symbol table of remote write 2.0 requests. Every string gets a number for as long as the table lives (its identity), and per request an
 * index in the order of first use: a request then costs one array access for each reference instead of a look-up of the string.
 */
export class SymbolTable {
  readonly #identities = new Map<string, number>();
  /** The finished symbols fields of all identities, one after the other. */
  readonly #fields = new ForwardWriter();
  /** By identity: where its field begins; and one more, the end. */
  #starts = new Uint32Array(1024);
  /** By identity: request in which `#indexes` was set. */
  #stamps = new Uint32Array(1024);
  #indexes = new Uint32Array(1024);
  #stamp = 0;
  #used: number[] = [];
  /** Strings of this request alone, such as trace ids. */
  readonly #passing = new Map<string, number>();

  constructor() {
    this.#fields.begin(65_536);
    this.identity("");
  }

  get isFull(): boolean {
    return this.#identities.size >= MAX_STRINGS || this.#fields.at >= MAX_BYTES;
  }

  identity(text: string): number {
    const known = this.#identities.get(text);
    if (known !== undefined) return known;
    const identity = this.#identities.size;
    this.#identities.set(text, identity);
    if (identity + 1 >= this.#starts.length) this.#grow();
    putString(this.#fields, SYMBOLS, text);
    this.#starts[identity + 1] = this.#fields.at;
    return identity;
  }

  /** Index 0 is the empty string (remote_write_spec_2_0.md: symbols MUST start with it). */
  beginRequest(): void {
    this.#stamp++;
    this.#used.length = 0;
    this.#passing.clear();
    this.index(0);
  }

  /** The index in this request. */
  index(identity: number): number {
    if (this.#stamps[identity] === this.#stamp) return this.#indexes[identity] as number;
    const index = this.#used.length;
    this.#stamps[identity] = this.#stamp;
    this.#indexes[identity] = index;
    this.#used.push(identity);
    return index;
  }

  /** The index of a string that is not worth remembering. Only after the last new `index` of the request. */
  passingIndex(text: string): number {
    const identity = this.#identities.get(text);
    if (identity !== undefined && this.#stamps[identity] === this.#stamp) return this.#indexes[identity] as number;
    const known = this.#passing.get(text);
    if (known !== undefined) return known;
    const index = this.#used.length + this.#passing.size;
    this.#passing.set(text, index);
    return index;
  }

  /** The symbols fields of the request. */
  write(output: ForwardWriter): void {
    const { bytes } = this.#fields;
    for (const identity of this.#used) {
      const start = this.#starts[identity] as number;
      const end = this.#starts[identity + 1] as number;
      output.ensure(end - start);
      bytes.copy(output.bytes, output.at, start, end);
      output.at += end - start;
    }
    for (const text of this.#passing.keys()) putString(output, SYMBOLS, text);
  }

  #grow(): void {
    this.#starts = larger(this.#starts);
    this.#stamps = larger(this.#stamps);
    this.#indexes = larger(this.#indexes);
  }
}

function larger(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}
