import type { Log } from "../../collector/pipeline/define.ts";
import type { Notice, StoreOptions } from "../../collector/series/store-options.ts";
import { translationLog } from "../../collector/series/translation-log.ts";

/** What the store has to say about names and senders, each once, in the log. */
export function storeNotices(log: Log): Pick<StoreOptions, "onConflict" | "onNotice" | "onNaming" | "onLabelCollision"> {
  return {
    ...translationLog(log),
    onConflict: (metric, name, conflict) => log.warn({ metric, name }, CONFLICTS[conflict]),
    onNotice: (notice) => log.warn({ ...notice }, NOTICES[notice.what]),
  };
}

const CONFLICTS = {
  name: "this metric is not sent: nothing of its name is left in Prometheus' alphabet",
  type: "this metric is not sent: its Prometheus name belongs to one of another type",
  help: "two metrics with one Prometheus name say different things about themselves; the first description stays",
  unit: "two metrics with one Prometheus name have different units; the first stays",
} as const;

const NOTICES: Readonly<Record<Notice["what"], string>> = {
  interleaved: "two producers send under one job and instance: set service.instance.id",
  overlap: "windows of deltas overlap, as two writers of one series cause it; the later ones are left out",
  delta_gauge: "deltas of a sum that can fall are added up to a gauge, which begins at 0 here",
  overflow: "the SDK's own limit of series was hit: data is missing",
};
