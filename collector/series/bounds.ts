import { type HashKey, RangeMap } from "../wire/byte-ranges.ts";
import { formatBound } from "../wire/prometheus-text.ts";

/** One list of bucket bounds (or of quantiles), shared by all series that have it. */
export interface Bounds {
  readonly id: number;
  readonly values: Float64Array;
  /** The list as packed little-endian doubles, for comparison with what comes in. */
  readonly view: DataView;
  /** Per bound the end of a line's labels: `le="0.5"} `. */
  readonly endings: readonly Buffer[];
  /** Strictly rising and without NaN: otherwise the histogram cannot be shown. */
  readonly isValid: boolean;
}

/** Bounds that are kept at least: a handful of lists in practice. */
const SPARE_BOUNDS = 65_536;

/** The bound lists that have been seen. Those of a sender that never sends the same twice are forgotten when they grow too many. */
export class BoundsTable {
  readonly #label: string;
  readonly #inUse: () => ReadonlySet<number>;
  readonly #byBytes: RangeMap<Bounds>;
  readonly #all: (Bounds | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** Bounds in all lists, and how many they may become before the unused ones go. */
  #held = 0;
  #mayHold = SPARE_BOUNDS;

  /** `label` is `le` or `quantile`; `inUse` gives the ids that must stay. */
  constructor(label: string, hashKey: HashKey, inUse: () => ReadonlySet<number>) {
    this.#label = label;
    this.#inUse = inUse;
    this.#byBytes = new RangeMap(hashKey);
  }

  /** Bounds in all lists that are remembered. */
  get held(): number {
    return this.#held;
  }

  at(id: number): Bounds {
    return this.#all[id] as Bounds;
  }

  /** The list that is packed between `start` and `end`. */
  of(view: DataView, start: number, end: number): Bounds {
    const known = this.#byBytes.get(view, start, end);
    if (known !== undefined) return known;
    const count = (end - start) >> 3;
    if (this.#held + count > this.#mayHold) this.#forgetUnused();
    const values = new Float64Array(count);
    for (let index = 0; index < count; index++) values[index] = view.getFloat64(start + index * 8, true);
    const bounds: Bounds = {
      id: this.#freeIds.pop() ?? this.#all.length,
      values,
      view: new DataView(view.buffer.slice(view.byteOffset + start, view.byteOffset + end)),
      endings: Array.from(values, (value) => Buffer.from(`${this.#label}="${formatBound(value)}"} `, "latin1")),
      isValid: values.every((value, index) => !Number.isNaN(value) && (index === 0 || value > (values[index - 1] as number))),
    };
    this.#all[bounds.id] = bounds;
    this.#held += count;
    this.#byBytes.set(view, start, end, bounds);
    return bounds;
  }

  #forgetUnused(): void {
    const used = this.#inUse();
    this.#byBytes.prune(({ id, values }) => {
      if (used.has(id)) return false;
      this.#all[id] = undefined;
      this.#freeIds.push(id);
      this.#held -= values.length;
      return true;
    });
    this.#mayHold = this.#held * 2 + SPARE_BOUNDS;
  }

  ofValues(values: readonly number[]): Bounds {
    const view = new DataView(new ArrayBuffer(values.length * 8));
    for (const [index, value] of values.entries()) view.setFloat64(index * 8, value, true);
    return this.of(view, 0, view.byteLength);
  }
}
