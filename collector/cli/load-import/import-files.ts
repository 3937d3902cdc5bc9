import { readRecording, recordingParts } from "../../../exporters/file/read-recording.ts";
import { isLoadError, LoadError } from "../../model/errors.ts";
import { msFromUnixNano } from "../../model/time.ts";
import type { Recorder } from "../../run/recorder/recorder.ts";
import { identityOf } from "../../wire/witness/witness-batches.ts";
import { newestTime } from "../replay/pacer.ts";
import type { LoadFile, OpenedFile } from "./load-file.ts";
import { mergeByTime } from "./merge-by-time.ts";
import { type ImportWindow, ToldWindow } from "./told-window.ts";

/** What was read of one file. */
export interface ImportedFile {
  readonly path: string;
  readonly format: string;
  readonly items: number;
  readonly requests: number;
  /** Lines or records that were not understood, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
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
  const told = new ToldWindow();
  const counts = new Map<LoadFile, { items: number; requests: number }>();
  const generators = files.filter((file): file is LoadFile => file.facts !== "otlp");
  for await (const { file, items, slowestMs } of mergeByTime(generators)) {
    const witness = identityOf(file.facts, { instance: "", runId });
    const count = counts.get(file) ?? { items: 0, requests: 0 };
    counts.set(file, count);
    for (const item of items) {
      recorder.item(item, witness);
      told.item(item);
      count.items++;
      if (item.kind === "request") count.requests++;
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
  for (const file of files) if (file.facts === "otlp") imported.push(await importRecording(file.path, { recorder, clock, told }));
  return { ...told.window, files: imported };
}

interface RecordingParts extends Pick<ImportOptions, "recorder" | "clock"> {
  readonly told: ToldWindow;
}

async function importRecording(path: string, parts: RecordingParts): Promise<ImportedFile> {
  try {
    return await readInto(path, parts);
  } catch (error) {
    if (isLoadError(error)) throw error;
    throw new LoadError("E_IMPORT", `${path} cannot be read to its end: ${(error as Error).message}`, { cause: error });
  }
}

async function readInto(path: string, { recorder, clock, told }: RecordingParts): Promise<ImportedFile> {
  let items = 0;
  const rejected = new Map<string, number>();
  for (const part of await recordingParts(path)) {
    for await (const recorded of readRecording(part)) {
      if ("problem" in recorded) {
        rejected.set("bad_record", (rejected.get("bad_record") ?? 0) + 1);
        continue;
      }
      recorder.push(recorded.batch);
      told.batch(recorded.batch);
      items += recorded.batch.count;
      const time = newestTime(recorded.batch);
      if (time > 0n) clock(msFromUnixNano(time));
      recorder.flush();
    }
  }
  return { path, format: "otlp", items, requests: 0, rejected };
}
