import { labelValue } from "../wire/prometheus-label.ts";
import { readAttributes } from "../wire/read-attributes.ts";
import { POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { ATTRIBUTES_FIELD } from "./series-finder.ts";
import type { MetricHeader } from "./translation.ts";

const RUN_ACTIVE = "loadtest.run.active";
const RUN_ID_KEYS = ["loadtest.run.id", "run.id"] as const;
/** Runs that are remembered as ended. */
const MAX_RUNS = 1024;

/** Learns from `loadtest.run.active` which runs have ended: once per run, since the 0 is repeated with each export. */
export class RunEnds {
  readonly #ended = new Set<string>();
  #taken: string[] = [];

  watches(header: MetricHeader): boolean {
    return header.name === RUN_ACTIVE;
  }

  note(columns: MetricColumns, firstPoint: number, count: number, kind: number): void {
    const { words, doubles } = columns.points;
    for (let index = firstPoint; index < firstPoint + count; index++) {
      const point = index * POINT_ROW.stride;
      const start = words[point + POINT_ROW.attributesStart] as number;
      const attributes = readAttributes(columns.bytes, start, words[point + POINT_ROW.attributesEnd] as number, ATTRIBUTES_FIELD[kind] as number);
      const id = RUN_ID_KEYS.map((key) => attributes.get(key)).find((value) => value !== undefined);
      if (id === undefined || ((words[point + POINT_ROW.flags] as number) & 1) !== 0) continue;
      const runId = labelValue(id);
      // An id that was never set is none: everything that belongs to no run would end with it.
      if (runId === "") continue;
      if (doubles[(point + POINT_ROW.value) >>> 1] !== 0) this.#ended.delete(runId);
      else if (!this.#ended.has(runId)) {
        this.#ended.add(runId);
        this.#taken.push(runId);
        if (this.#ended.size > MAX_RUNS) this.#ended.delete(this.#ended.values().next().value as string);
      }
    }
  }

  /** The runs that have ended since it was asked last. */
  taken(): readonly string[] {
    if (this.#taken.length === 0) return NONE;
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }
}

const NONE: readonly string[] = [];
