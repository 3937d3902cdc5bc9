import { SeriesStore } from "../../collector/series/series-store.ts";
import type { StoreOptions } from "../../collector/series/store-options.ts";
import type { Translation } from "../../collector/series/translation.ts";
import { readOtlpJson } from "../../collector/wire/otlp-json.ts";
import { allowsUtf8 } from "../../collector/wire/prometheus-name.ts";
import { type NativeHistogram, STALE_NAN_BITS, type WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import { metricColumnsOf } from "../../collector/wire/scan-batch.ts";
import { Bodies } from "../../exporters/prometheus/bodies.ts";
import { LaneBuffer } from "../../exporters/prometheusremotewrite/lane-buffer.ts";
import { ListenerSlot } from "../../exporters/prometheusremotewrite/listener-slot.ts";
import type { Shapes } from "../../exporters/prometheusremotewrite/point-columns.ts";
import { PointWriter } from "../../exporters/prometheusremotewrite/point-writer.ts";
import { TargetInfo } from "../../exporters/prometheusremotewrite/target-info.ts";
import type { WriteColumns } from "../../exporters/prometheusremotewrite/write-columns.ts";
import type { Fields } from "./read-cases.ts";

/** A sample as the cases write it. */
export interface PushedSample {
  readonly labels: Fields;
  readonly type: string;
  /** A number, or STALE. */
  readonly value?: number | string;
  readonly histogram?: Fields;
  readonly timestampMs: number;
  readonly startTimestampMs?: number;
  readonly exemplars?: readonly Fields[];
}

/** Where the clock stands unless the points of a case are later: 2023-11-14T22:13:20Z. */
export const NOW_MS = 1_700_000_000_000;

export function isTargetInfo({ labels }: { readonly labels: Fields }): boolean {
  return String(labels["__name__"]).endsWith("target_info");
}

export const STALE = `StaleNaN:${STALE_NAN_BITS.toString(16)}`;

/**
 * The two ways out of the product, behind one store: what the remote write exporter would send (its own point writer, before encoding), and what
 * the scrape endpoint would show.
 */
export class Pipe {
  readonly store: SeriesStore;
  readonly warnings: string[] = [];
  readonly collisions: (readonly [label: string, keys: readonly string[]])[] = [];
  readonly losses = new Map<string, number>();
  readonly #writer: PointWriter;
  readonly #buffer: LaneBuffer;
  readonly #bodies: Bodies;
  readonly #nowMs: number;
  #sealed: WriteColumns[] = [];

  /** `nowMs`: of the clock. What is sent must not be from its future. */
  constructor(translation: Translation, nowMs: number, shapes: Partial<Shapes & { readonly targetInfo: boolean }> = {}) {
    this.#nowMs = nowMs;
    const slot = new ListenerSlot();
    const options: StoreOptions = {
      keepExemplars: true,
      hashKey: [1, 2],
      listener: slot,
      onConflict: (...conflict) => this.warnings.push(`conflict: ${JSON.stringify(conflict)}`),
      onNaming: (_metric, family, _labels, reason) => {
        if (family === undefined) this.warnings.push(reason);
      },
      onLabelCollision: (label, keys) => this.collisions.push([label, keys]),
    };
    this.store = new SeriesStore(translation, { maxSeries: 100_000, expirationMs: 1e12 }, options);
    const limits = { maxSamples: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY, riskyAfterMs: Number.POSITIVE_INFINITY };
    this.#buffer = new LaneBuffer(limits, (columns) => this.#sealed.push(columns));
    const all = { nativeHistograms: true, classicToNhcb: false, ...shapes };
    const targetInfo = shapes.targetInfo === false ? undefined : new TargetInfo(() => this.#buffer, translation.namespace);
    const outbox = { buffer: () => this.#buffer };
    this.#writer = new PointWriter(this.store, outbox, { ...all, staleMarkers: true, maxLabels: 0, targetInfo }, { nowMs: () => nowMs });
    slot.listener = this.#writer;
    this.#bodies = new Bodies(this.store, {
      timestamps: false,
      created: false,
      nativeHistograms: "with_classic_buckets",
      keptBytes: 0,
      utf8Names: allowsUtf8(translation.strategy),
      onHidden: (family, name) => this.warnings.push(`conflict: ${family.sample} is hidden by ${name}`),
    });
  }

  /** Takes one OTLP/JSON request. Throws: JsonError. */
  send(request: Uint8Array): void {
    const { batch } = readOtlpJson("metrics", request);
    if (batch.signal !== "metrics") return;
    this.#writer.begin();
    const losses = this.store.ingest(metricColumnsOf(batch), this.#nowMs);
    for (const [reason, items] of [...(losses ?? []), ...(this.#writer.losses ?? [])])
      this.losses.set(reason, (this.losses.get(reason) ?? 0) + items);
  }

  /** What remote write would send of all that came since the last call, `target_info` included. */
  pushed(): readonly PushedSample[] {
    this.#buffer.seal();
    const columns = this.#sealed;
    this.#sealed = [];
    return columns.flatMap(samplesOf);
  }

  /** The lines of an exposition that have a value, `target_info` excepted. */
  shown(kind: "text" | "openmetrics" = "text"): readonly string[] {
    const body = this.#bodies.render({ kind, escaping: "allow-utf-8", contentType: "" });
    const lines = body.bytes.toString("utf8").split("\n");
    body.release();
    return lines.filter((line) => line !== "" && !/^(# (HELP|TYPE) target|target_info)/.test(line));
  }
}

function samplesOf(columns: WriteColumns): readonly PushedSample[] {
  const bits = new BigUint64Array(columns.values.buffer, columns.values.byteOffset, columns.length);
  const started = (startMs: number) => (startMs === 0 ? {} : { startTimestampMs: startMs });
  const exemplarsOf = (series: WriteSeries) => {
    const own = columns.exemplars.filter((exemplar) => exemplar.series === series);
    return own.length === 0
      ? {}
      : { exemplars: own.map(({ labels, value, timestampMs }) => ({ labels: Object.fromEntries(labels), value, timestampMs })) };
  };
  const samples = Array.from({ length: columns.length }, (_, index): PushedSample => {
    const series = columns.series[index] as WriteSeries;
    return {
      labels: Object.fromEntries(series.labels),
      type: series.metadata.type,
      value: bits[index] === STALE_NAN_BITS ? STALE : (columns.values[index] as number),
      timestampMs: columns.timestampsMs[index] as number,
      ...started(columns.startsMs[index] as number),
      ...exemplarsOf(series),
    };
  });
  const histograms = columns.histograms.map(({ series, timestampMs, startMs, histogram }): PushedSample => {
    return {
      labels: Object.fromEntries(series.labels),
      type: series.metadata.type,
      histogram: histogramFields(histogram),
      timestampMs,
      ...started(startMs),
      ...exemplarsOf(series),
    };
  });
  return [...samples, ...histograms];
}

function histogramFields({ schema, count, sum, zeroThreshold, zeroCount, positive, negative, customBounds }: NativeHistogram): Fields {
  return {
    schema,
    count,
    sum: Number.isNaN(sum) && count === 0 ? STALE : sum,
    zeroThreshold,
    zeroCount,
    ...bucketsOf("positive", positive),
    ...bucketsOf("negative", negative),
    ...(customBounds === undefined ? {} : { customValues: Array.from(customBounds) }),
  };
}

/** As one span, which is one way to say it: cases are compared by bucket. */
function bucketsOf(side: string, { offset, counts }: { readonly offset: number; readonly counts: ArrayLike<number> }): Fields {
  if (counts.length === 0) return {};
  const deltas = Array.from(counts, (count, index) => count - (index === 0 ? 0 : (counts[index - 1] as number)));
  return { [`${side}Spans`]: [[offset, counts.length]], [`${side}Deltas`]: deltas };
}
