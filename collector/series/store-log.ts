import type { Log } from "../pipeline/define.ts";
import type { Conflict } from "./families.ts";
import type { Notice, StoreOptions } from "./store-options.ts";
import { translationLog } from "./translation-log.ts";

/** Options of a `SeriesStore` that write into the log what it has to say of names and senders, each once. */
export function storeLog(log: Log): Pick<StoreOptions, "onConflict" | "onNotice" | "onNaming" | "onLabelCollision"> {
  return {
    ...translationLog(log),
    onConflict: (metric, name, conflict) => log.warn({ metric, name }, CONFLICTS[conflict]),
    onNotice: (notice) => log.warn({ ...notice }, NOTICES[notice.what]),
  };
}

const CONFLICTS: Readonly<Record<Conflict, string>> = {
  name: "this metric is left out: nothing of its name is left in Prometheus' alphabet",
  type: "this metric is left out: its Prometheus name belongs to one of another type",
  help: "two metrics with one Prometheus name describe themselves differently: the first description stays",
  unit: "two metrics with one Prometheus name have different units: the first one stays",
};

const NOTICES: Readonly<Record<Notice["what"], string>> = {
  interleaved: "two producers send under one job and instance: give each a service.instance.id",
  overlap: "windows of deltas overlap, as two writers of one series cause it: the later ones are left out",
  delta_gauge: "deltas of a sum that can fall are added up to a gauge, which begins at 0 here",
  overflow: "a sender's own limit of series was hit: data is missing",
};
