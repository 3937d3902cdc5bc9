import { RangeMap } from "../../collector/wire/byte-ranges.ts";
import { formatBound } from "../../collector/wire/prometheus-text.ts";

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

/** The bound lists that have been seen; a handful in practice, never forgotten. */
export class BoundsTable {
  readonly #label: string;
  readonly #byBytes = new RangeMap<Bounds>();
  readonly #all: Bounds[] = [];

  /** `label` is `le` or `quantile`. */
  constructor(label: string) {
    this.#label = label;
  }

  at(id: number): Bounds {
    return this.#all[id] as Bounds;
  }

  /** The list that is packed between `start` and `end`. */
  of(view: DataView, start: number, end: number): Bounds {
    const known = this.#byBytes.get(view, start, end);
    if (known !== undefined) return known;
    const count = (end - start) >> 3;
    const values = new Float64Array(count);
    for (let index = 0; index < count; index++) values[index] = view.getFloat64(start + index * 8, true);
    const bounds: Bounds = {
      id: this.#all.length,
      values,
      view: new DataView(view.buffer.slice(view.byteOffset + start, view.byteOffset + end)),
      endings: Array.from(values, (value) => Buffer.from(`${this.#label}="${formatBound(value)}"} `, "latin1")),
      isValid: values.every((value, index) => !Number.isNaN(value) && (index === 0 || value > (values[index - 1] as number))),
    };
    this.#all.push(bounds);
    this.#byBytes.set(view, start, end, bounds);
    return bounds;
  }

  ofValues(values: readonly number[]): Bounds {
    const view = new DataView(new ArrayBuffer(values.length * 8));
    for (const [index, value] of values.entries()) view.setFloat64(index * 8, value, true);
    return this.of(view, 0, view.byteLength);
  }
}
