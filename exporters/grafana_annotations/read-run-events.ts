import type { AnyValue, Attributes } from "../../collector/model/attributes.ts";
import type { Batch } from "../../collector/model/batch.ts";
import type { LogRecord } from "../../collector/model/log-record.ts";
import type { Metric, NumberPoint } from "../../collector/model/metric.ts";
import { msFromUnixNano } from "../../collector/model/time.ts";

/** What telemetry says about a run. Times are Unix ms. */
export type RunEvent =
  /** A run, or with `phase` one phase of it, goes on (`isActive`) or has ended at `timeMs`. `startMs` 0 = not told. */
  | {
      readonly kind: "span";
      readonly runId: string;
      readonly phase: string;
      readonly isActive: boolean;
      readonly timeMs: number;
      readonly startMs: number;
    }
  /** Labels of the run: its name, scenario and whatever else was given. */
  | { readonly kind: "info"; readonly runId: string; readonly labels: readonly (readonly [string, string])[] }
  /** Something happened at a moment of the run (`runId` "" where none is named). */
  | { readonly kind: "mark"; readonly runId: string; readonly text: string; readonly timeMs: number };

/** Names of the metrics that mark a run, and of the event that marks a moment (docs/metrics.md). */
const ACTIVE = "loadtest.run.active";
const PHASE = "loadtest.run.phase";
const INFO = "loadtest.run.info";
const MARK = "loadtest.mark";
const RUN_ID_KEYS = ["run.id", "loadtest.run.id"];

/** All that the batch says about runs, in its order. Batches without a word of it are only searched, not decoded. */
export function readRunEvents(batch: Batch): readonly RunEvent[] {
  if (batch.signal === "metrics") return mentions(batch, "loadtest.run.") ? batch.items.flatMap(eventsOfMetric) : [];
  if (batch.signal === "logs") return mentions(batch, MARK) ? batch.items.flatMap(markOf) : [];
  return [];
}

function mentions(batch: Batch, word: string): boolean {
  return batch.encoded.some((piece) => Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).includes(word));
}

function eventsOfMetric({ name, resource, data }: Metric): readonly RunEvent[] {
  if ((name !== ACTIVE && name !== PHASE && name !== INFO) || (data.type !== "gauge" && data.type !== "sum")) return [];
  return data.points.flatMap((point) => {
    const runId = runIdOf(point.attributes, resource.attributes);
    if (runId === "") return [];
    return name === INFO ? [infoOf(runId, point.attributes)] : spanOf(name, runId, point);
  });
}

function infoOf(runId: string, attributes: Attributes): RunEvent {
  const labels = [...attributes].filter(([key]) => !RUN_ID_KEYS.includes(key)).map(([key, any]) => [key, textOf(any)] as const);
  return { kind: "info", runId, labels };
}

function spanOf(name: string, runId: string, { attributes, number, flags, timeUnixNano, startUnixNano }: NumberPoint): readonly RunEvent[] {
  const phase = name === PHASE ? (attributes.getString("phase") ?? "") : "";
  if (name === PHASE && phase === "") return [];
  const isActive = (flags & 1) === 0 && Number(number.value ?? 0) !== 0;
  return [
    { kind: "span", runId, phase, isActive, timeMs: Math.round(msFromUnixNano(timeUnixNano)), startMs: Math.round(msFromUnixNano(startUnixNano)) },
  ];
}

function markOf({ eventName, attributes, resource, body, timeUnixNano, observedUnixNano }: LogRecord): readonly RunEvent[] {
  if (eventName !== MARK) return [];
  const time = timeUnixNano === 0n ? observedUnixNano : timeUnixNano;
  return [{ kind: "mark", runId: runIdOf(attributes, resource.attributes), text: textOf(body), timeMs: Math.round(msFromUnixNano(time)) }];
}

function runIdOf(attributes: Attributes, resource: Attributes): string {
  for (const key of RUN_ID_KEYS) {
    const value = attributes.get(key);
    if (value !== undefined) return textOf(value);
  }
  return resource.getString("loadtest.run.id") ?? "";
}

function textOf(any: AnyValue): string {
  return any.kind === "empty" ? "" : String(any.value);
}
