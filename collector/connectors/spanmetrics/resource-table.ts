import { Attributes } from "../../model/attributes.ts";
import type { Resource } from "../../model/resource.ts";
import { type HashKey, RangeMap } from "../../wire/byte-ranges.ts";
import { readAttributes } from "../../wire/read-attributes.ts";
import type { TraceColumns } from "../../wire/scan-traces.ts";

/** What the attributes of a resource may take on average where there is a limit. */
const BYTES_PER_RESOURCE = 8192;

interface Entry {
  readonly id: number;
  readonly resource: Resource;
  overflowCell: number;
}

/** The resources that spans came from; each keeps its own attributes on the metrics made of its spans. */
export class ResourceTable {
  readonly #byBytes: RangeMap<Entry>;
  readonly #all: Entry[] = [];
  readonly #limit: number;

  /** Beyond `limit` resources (0 = no limit) the others share one without attributes. */
  constructor(limit: number, hashKey: HashKey) {
    this.#byBytes = new RangeMap(hashKey);
    this.#limit = limit;
  }

  of(columns: TraceColumns, start: number, end: number): number {
    const known = this.#byBytes.get(columns.view, start, end);
    if (known !== undefined) return known.id;
    const isFull = this.#limit > 0 && (this.#all.length >= this.#limit || this.#byBytes.keyBytes >= this.#limit * BYTES_PER_RESOURCE);
    if (isFull) return this.#shared().id;
    const entry = this.#add(readAttributes(columns.bytes, start, end, 1));
    this.#byBytes.set(columns.view, start, end, entry);
    return entry.id;
  }

  resource(id: number): Resource {
    return (this.#all[id] as Entry).resource;
  }

  /** -1 = none yet. */
  overflowCell(id: number): number {
    return (this.#all[id] as Entry).overflowCell;
  }

  setOverflowCell(id: number, cell: number): void {
    (this.#all[id] as Entry).overflowCell = cell;
  }

  #shared(): Entry {
    const nothing = new DataView(new ArrayBuffer(0));
    const known = this.#byBytes.get(nothing, 0, 0);
    if (known !== undefined) return known;
    const entry = this.#add(Attributes.EMPTY);
    this.#byBytes.set(nothing, 0, 0, entry);
    return entry;
  }

  #add(attributes: Attributes): Entry {
    const resource: Resource = { attributes, droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
    const entry: Entry = { id: this.#all.length, resource, overflowCell: -1 };
    this.#all.push(entry);
    return entry;
  }
}
