import { readRecording, recordingParts } from "../../../exporters/file/read-recording.ts";
import type { LoadItem } from "../../model/load-record.ts";
import { msFromUnixNano } from "../../model/time.ts";
import type { Recorder } from "../../run/recorder/recorder.ts";
import { identityOf } from "../../wire/witness/witness-batches.ts";
import { newestTime } from "../replay/pacer.ts";
import type { LoadFile, OpenedFile } from "./load-file.ts";
import { mergeByTime } from "./merge-by-time.ts";

/** What was read of one file. */
export interface ImportedFile {
  readonly path: string;
  readonly format: string;
  readonly items: number;
  readonly requests: number;
  /** Lines or records that were not understood, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
}

export interface ImportWindow {
  /** Unix ms of the first and last request that was read; undefined where no request has a time. */
  readonly startUnixMs: number | undefined;
  readonly endUnixMs: number | undefined;
}

export interface ImportOptions {
  readonly recorder: Recorder;
  readonly runId: string;
  readonly files: readonly OpenedFile[];
  /** Told of the time up to which everything has been read, Unix ms. */
  readonly clock: (unixMs: number) => void;
}

/** Hands everything in the files to the recorder, in the order of time. */
export async function importFiles({
  recorder,
  runId,
  files,
  clock,
}: ImportOptions): Promise<ImportWindow & { readonly files: readonly ImportedFile[] }> {
  const window = { startUnixMs: undefined as number | undefined, endUnixMs: undefined as number | undefined };
  const counts = new Map<LoadFile, { items: number; requests: number }>();
  const generators = files.filter((file): file is LoadFile => file.facts !== "otlp");
  for await (const { file, items, slowestMs } of mergeByTime(generators)) {
    const witness = identityOf(file.facts, { instance: "", runId });
    const count = counts.get(file) ?? { items: 0, requests: 0 };
    counts.set(file, count);
    for (const item of items) {
      recorder.item(item, witness);
      count.items++;
      if (item.kind !== "request") continue;
      count.requests++;
      widen(window, item);
    }
    if (Number.isFinite(slowestMs)) clock(slowestMs);
    recorder.flush();
  }
  const imported = generators.map(
    (file): ImportedFile => ({
      path: file.path,
      format: file.facts.format,
      ...(counts.get(file) ?? { items: 0, requests: 0 }),
      rejected: new Map([...file.account.reasons].map(([reason, { count }]) => [reason as string, count])),
    }),
  );
  for (const file of files) if (file.facts === "otlp") imported.push(await importRecording(file.path, recorder, clock));
  return { ...window, files: imported };
}

async function importRecording(path: string, recorder: Recorder, clock: (unixMs: number) => void): Promise<ImportedFile> {
  let items = 0;
  const rejected = new Map<string, number>();
  for (const part of await recordingParts(path)) {
    for await (const recorded of readRecording(part)) {
      if ("problem" in recorded) {
        rejected.set("bad_record", (rejected.get("bad_record") ?? 0) + 1);
        continue;
      }
      recorder.push(recorded.batch);
      items += recorded.batch.count;
      const time = newestTime(recorded.batch);
      if (time > 0n) clock(msFromUnixNano(time));
      recorder.flush();
    }
  }
  return { path, format: "otlp", items, requests: 0, rejected };
}

function widen(window: { startUnixMs: number | undefined; endUnixMs: number | undefined }, item: LoadItem & { readonly kind: "request" }): void {
  const start = item.startUnixNano ?? item.endUnixNano;
  const end = item.endUnixNano ?? item.startUnixNano;
  if (start === undefined || end === undefined) return;
  window.startUnixMs = Math.min(window.startUnixMs ?? Number.POSITIVE_INFINITY, msFromUnixNano(start));
  window.endUnixMs = Math.max(window.endUnixMs ?? Number.NEGATIVE_INFINITY, msFromUnixNano(end));
}
