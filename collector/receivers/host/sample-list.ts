import { Attributes } from "../../model/attributes.ts";
import type { LoadSample } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";

export type Tags = Readonly<Record<string, string | number>>;

/** Gathers the values of one moment; what could not be read (undefined) is left out. */
export class SampleList {
  readonly items: LoadSample[] = [];
  readonly #timeUnixNano: UnixNano;

  constructor(timeUnixNano: UnixNano) {
    this.#timeUnixNano = timeUnixNano;
  }

  gauge(name: string, unit: string, value: number | undefined, tags?: Tags): void {
    this.#add("gauge", name, unit, value, tags);
  }

  /** A count since the system, or the process, began. */
  total(name: string, unit: string, value: number | undefined, tags?: Tags): void {
    this.#add("total", name, unit, value, tags);
  }

  #add(type: LoadSample["type"], name: string, unit: string, value: number | undefined, tags: Tags | undefined): void {
    if (value === undefined || !Number.isFinite(value)) return;
    const attributes = tags === undefined ? Attributes.EMPTY : Attributes.from(tags);
    this.items.push({ kind: "sample", name, type, unit, timeUnixNano: this.#timeUnixNano, value, tags: attributes });
  }
}
