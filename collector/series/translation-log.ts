import type { Log } from "../pipeline/define.ts";
import type { OnLabelCollision } from "./labels.ts";
import { type OnNaming, TranslationTable } from "./translation-table.ts";

/** Lines; what more metrics a sender has is found by `pitwall validate --translate`. */
const MAX_LINES = 200;

/**
 * Options of a `SeriesStore` that write into the log what it does to names: each metric once as it is first seen ("OTLP name → Prometheus name
 * → type → labels"), and each label once in which several attributes were joined.
 */
export function translationLog(log: Log): { readonly onNaming: OnNaming; readonly onLabelCollision: OnLabelCollision } {
  let lines = 0;
  const table = new TranslationTable(({ metric, unit, name, type, labels }) => {
    lines++;
    if (name === "" || lines > MAX_LINES) return;
    log.info({ metric, unit, name, type, labels }, `${metric} → ${name} → ${type}`);
    if (lines === MAX_LINES) log.info({}, "further metrics are not listed here: `pitwall validate --translate FILE` lists all of a recording");
  });
  const joined = new Set<string>();
  return {
    onNaming: table.note,
    onLabelCollision: (label, keys) => {
      if (joined.has(label) || joined.size >= MAX_LINES) return;
      joined.add(label);
      log.warn({ label, attributes: keys }, "several attributes become one label: their values are joined with ;");
    },
  };
}
