/**
 * A growing table of fixed-width rows over one ArrayBuffer: the same memory as 32-bit words and as doubles. Scanners write rows,
 * consumers read them by the word offsets that each scanner publishes. Rows are reused from scan to scan and hold numbers and byte
 * offsets only; the layout is plain memory, so that another scanner (WebAssembly) can fill it as well.
 */
export class RowTable {
  /** Words per row; even, so that doubles are aligned. */
  readonly stride: number;
  /** Rows in use. */
  length = 0;
  words: Uint32Array;
  /** The same memory: the double of row `i` at word offset `o` (even) is `doubles[(i * stride + o) / 2]`. */
  doubles: Float64Array;

  constructor(stride: number, initialRows: number) {
    this.stride = stride;
    this.words = new Uint32Array(stride * initialRows);
    this.doubles = new Float64Array(this.words.buffer);
  }

  /** Room for one more row, zeroed; the word offset where it begins. Views may be replaced: read `words` again afterwards. */
  add(): number {
    const base = this.length * this.stride;
    const end = base + this.stride;
    if (end > this.words.length) this.#grow();
    const { words } = this;
    for (let word = base; word < end; word++) words[word] = 0;
    this.length++;
    return base;
  }

  #grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.doubles = new Float64Array(words.buffer);
  }

  /** Forgets the rows, and gives memory back after an unusually large batch. */
  clear(keptRows: number): void {
    this.length = 0;
    if (this.words.length <= keptRows * this.stride) return;
    this.words = new Uint32Array(keptRows * this.stride);
    this.doubles = new Float64Array(this.words.buffer);
  }
}

/**
 * Lengthens the range [start, end) at word `range` by the field from `at` to `after`. False where another field stood between them:
 * then the range has only the last part.
 */
export function extendRun(words: Uint32Array, range: number, at: number, after: number): boolean {
  const last = words[range + 1] as number;
  words[range + 1] = after;
  if (last === at) return true;
  words[range] = at;
  return last === 0;
}

/** One `Resource…` message. Ranges are byte offsets [start, end); 0,0 = absent. */
export const RESOURCE_ROW = {
  /** Body of the Resource message. */
  start: 0,
  end: 1,
  schemaUrlStart: 2,
  schemaUrlEnd: 3,
  stride: 4,
} as const;

/** One `Scope…` message. */
export const SCOPE_ROW = {
  resource: 0,
  /** Body of the InstrumentationScope message. */
  start: 1,
  end: 2,
  schemaUrlStart: 3,
  schemaUrlEnd: 4,
  stride: 6,
} as const;

/** What every scan leaves behind. */
export class ScanColumns {
  /** The bytes that all offsets point into, valid as long as the scanned batch. */
  bytes: Uint8Array = NOTHING;
  view: DataView = new DataView(NOTHING.buffer);
  /** Rises with every scan: a consumer that remembers it can tell whether the columns still describe its batch. */
  generation = 0;
  readonly resources = new RowTable(RESOURCE_ROW.stride, 16);
  readonly scopes = new RowTable(SCOPE_ROW.stride, 16);
  /** Spans, data points or log records. */
  items = 0;
  /** Items with an id of the wrong length. */
  badIdItems = 0;
  /**
   * The layout is legal but not what any encoder writes (a singular message given twice, a repeated field in several runs): ranges do
   * not tell everything. Decode and encode again to get a plain layout.
   */
  scattered = false;
  /** Deprecated `instrumentation_library_*` fields (number 1000) were met; they are read as scopes. */
  deprecated = false;

  protected begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.generation++;
    this.resources.length = 0;
    this.scopes.length = 0;
    this.items = 0;
    this.badIdItems = 0;
    this.scattered = false;
    this.deprecated = false;
  }
}

const NOTHING = new Uint8Array(0);
