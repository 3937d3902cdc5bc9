import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ComponentContext } from "../../collector/pipeline/define.ts";
import { DiskQueue } from "./disk-queue.ts";
import { SpillFiles } from "./spill-files.ts";
import type { WriteMeters } from "./write-meters.ts";

export interface SpillSettings {
  readonly directory: string;
  readonly endpoint: string;
  /** Monotonic ms. */
  readonly nowMs: number;
}

/** The exporter's own folder below the directory, with what a process before has left there: for the ledger that has just come in. */
export function openSpill(
  { directory, endpoint, nowMs }: SpillSettings,
  { id, log, ledger }: Pick<ComponentContext, "id" | "log" | "ledger">,
  meters: WriteMeters,
): DiskQueue {
  const mark = createHash("sha256").update(endpoint).digest("hex").slice(0, 8);
  const folder = join(directory, `${id.replaceAll(/[^A-Za-z0-9_-]/g, "_")}-${mark}`);
  const { files, entries } = SpillFiles.open(folder, ({ bytes, entries: samples }) => {
    meters.dropped("torn", samples);
    log.warn({ bytes, samples }, "part of a queue file is no request, probably cut short by a crash: it is lost");
  });
  const disk = new DiskQueue(files, entries, nowMs, (points) => {
    ledger.dropped(id, "corrupt", "metrics", points);
    log.error({ items: points }, "a request in a queue file is damaged and lost");
  });
  if (entries.length > 0) {
    ledger.received(id, "metrics", disk.points);
    log.info({ requests: entries.length, items: disk.points }, "sending first what the run before has left on disk");
  }
  return disk;
}
