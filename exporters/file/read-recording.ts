import { basename } from "node:path";
import type { Batch, Signal } from "../../collector/model/batch.ts";
import { SIGNALS } from "../../collector/model/batch.ts";
import { readOtlpJson } from "../../collector/wire/otlp-json.ts";
import { type OtlpRequest, readOtlpProtobuf } from "../../collector/wire/otlp-request.ts";
import { type RawBytes, recordsOf } from "./cut-records.ts";
import { backupsOf } from "./rotating-file.ts";

export type Recorded =
  | { readonly where: string; readonly batch: Batch; readonly lost: OtlpRequest["rejected"] }
  /** A line or message that cannot be read; the next one may be. */
  | { readonly where: string; readonly problem: string };

/** The file with its rotated predecessors, in the order they were written. */
export async function recordingParts(path: string): Promise<readonly string[]> {
  return [...(await backupsOf(path)).map((backup) => backup.path), path];
}

/**
 * Reads what the file exporter writes (and otelcol's): OTLP/JSON lines or length-prefixed messages, plain or as zstd.
 * `signal` is for protobuf, whose messages do not say it; undefined: the file's name has it, as `run.traces.pb`.
 * Rejects with the system's error where the file cannot be read.
 */
export async function* readRecording(path: string, signal?: Signal): AsyncGenerator<Recorded> {
  const name = basename(path);
  const protoSignal = signal ?? signalInName(name);
  for await (const record of recordsOf(path)) {
    const where = `${name}:${record.number}`;
    if (record.problem !== undefined) yield { where, problem: record.problem };
    else {
      const found = readRecord(record, where, protoSignal);
      if (found !== undefined) yield found;
    }
  }
}

/** Undefined for a blank line. */
function readRecord({ bytes, isLine }: RawBytes, where: string, protoSignal: Signal | undefined): Recorded | undefined {
  const start = bytes.findIndex((byte) => byte > SPACE);
  if (start < 0 && isLine) return undefined;
  const isJson = isLine || bytes[start] === OPEN_OBJECT;
  const signal = isJson ? signalInJson(bytes) : protoSignal;
  if (signal === undefined) {
    const problem = isJson ? "no resourceSpans, resourceMetrics or resourceLogs in it" : "protobuf does not say its signal: give --signal";
    return { where, problem };
  }
  try {
    const { batch, rejected } = isJson ? readOtlpJson(signal, bytes) : readOtlpProtobuf(signal, bytes);
    return { where, batch, lost: rejected };
  } catch (error) {
    return { where, problem: error instanceof Error ? error.message : String(error) };
  }
}

const SPACE = 0x20;
const OPEN_OBJECT = 0x7b;

const JSON_SIGNALS: Readonly<Record<string, Signal>> = { Spans: "traces", Metrics: "metrics", Logs: "logs" };

/** By the one key that a request has; it stands at the beginning of all but odd ones. */
function signalInJson(bytes: Buffer): Signal | undefined {
  const key = /"resource(Spans|Metrics|Logs)"\s*:/;
  const [, word] = key.exec(bytes.toString("latin1", 0, 256)) ?? key.exec(bytes.toString("latin1")) ?? [];
  return word === undefined ? undefined : JSON_SIGNALS[word];
}

function signalInName(name: string): Signal | undefined {
  return SIGNALS.find((signal) => new RegExp(`(^|[._-])${signal}([._-]|$)`).test(name));
}
