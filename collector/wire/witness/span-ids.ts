/**
 * Trace and span ids for requests that came without: the same seed gives the same ids in the same order. Whoever opens a witness takes a
 * seed that nobody has used before (a random one), or two witnesses give the same ids.
 */
export class SpanIds {
  readonly #tracePrefix: string;
  readonly #spanPrefix: string;
  readonly #salt: number;
  #count = 0;

  constructor(seed: string) {
    this.#tracePrefix = hex32(hash(seed, 0x9e3779b9)) + hex32(hash(seed, 0x85ebca6b)) + hex32(hash(seed, 0x165667b1));
    this.#spanPrefix = hex32(hash(seed, 0x27d4eb2f) | 1);
    this.#salt = hash(seed, 0xc2b2ae35);
  }

  /** For one request; never all zeros, and different for 2^32 requests in a row. */
  next(): { readonly traceId: string; readonly spanId: string } {
    // A one-to-one scramble: samplers look at the last bytes of a trace id and want them to look random.
    const scrambled = hex32(scramble((this.#count++ + this.#salt) >>> 0));
    return { traceId: this.#tracePrefix + scrambled, spanId: this.#spanPrefix + scrambled };
  }
}

/** The finaliser of MurmurHash3, which maps 32 bits one to one. */
function scramble(bits: number): number {
  let value = bits ^ (bits >>> 16);
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function hash(text: string, start: number): number {
  let value = start;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return scramble(value >>> 0);
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
