import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Exemplar, HistogramPoint, Metric, MetricData, NumberPoint } from "../../../../collector/model/metric.ts";
import type { Resource, Scope } from "../../../../collector/model/resource.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { openPrometheus, prometheus } from "../../../../exporters/prometheus/prometheus.ts";
import { context, surroundings } from "../../pipeline/river.ts";

export type Plain = Readonly<Record<string, string | number | boolean>>;

/** 2026-09-21T13:33:20Z; points are `seconds` after it. */
export const EPOCH_MS = 1_790_000_000_000;
export const at = (seconds: number): bigint => BigInt(EPOCH_MS) * 1_000_000n + BigInt(Math.round(seconds * 1e6)) * 1000n;

export function resource(attributes: Plain = { "service.name": "api", "service.instance.id": "i-1" }): Resource {
  return { attributes: Attributes.from(attributes), droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
}
export const NO_SCOPE: Scope = { name: "", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };

export function metric(name: string, data: MetricData, fields: Partial<Metric> = {}): Metric {
  return { resource: resource(), scope: NO_SCOPE, name, description: "", unit: "", metadata: Attributes.EMPTY, data, ...fields };
}

interface PointFields {
  readonly attributes?: Plain;
  /** Seconds after the epoch. */
  readonly time?: number;
  readonly start?: number;
  readonly flags?: number;
  readonly exemplars?: readonly Exemplar[];
}

function common({ attributes = {}, time = 10, start = 0, flags = 0, exemplars = [] }: PointFields) {
  return { attributes: Attributes.from(attributes), timeUnixNano: at(time), startUnixNano: at(start), flags, exemplars };
}

export function number(value: number | bigint, fields: PointFields = {}): NumberPoint {
  const kind = typeof value === "bigint" || Number.isInteger(value) ? "int" : "double";
  return { ...common(fields), number: { kind, value } as NumberPoint["number"] };
}

export const gauge = (...points: NumberPoint[]): MetricData => ({ type: "gauge", points });
export const counter = (...points: NumberPoint[]): MetricData => ({ type: "sum", temporality: 2, isMonotonic: true, points });
export const deltaCounter = (...points: NumberPoint[]): MetricData => ({ type: "sum", temporality: 1, isMonotonic: true, points });
export const upDownCounter = (...points: NumberPoint[]): MetricData => ({ type: "sum", temporality: 2, isMonotonic: false, points });

export function buckets(
  counts: readonly number[],
  bounds: readonly number[],
  fields: PointFields & { readonly sum?: number | undefined } = {},
): HistogramPoint {
  return {
    ...common(fields),
    count: BigInt(counts.reduce((sum, count) => sum + count, 0)),
    sum: "sum" in fields ? fields.sum : 1.5,
    min: undefined,
    max: undefined,
    bucketCounts: counts.map(BigInt),
    explicitBounds: bounds,
  };
}

export const histogram = (...points: HistogramPoint[]): MetricData => ({ type: "histogram", temporality: 2, points });
export const deltaHistogram = (...points: HistogramPoint[]): MetricData => ({ type: "histogram", temporality: 1, points });

export interface Lab extends AsyncDisposable {
  readonly url: string;
  readonly around: ReturnType<typeof surroundings>;
  readonly clock: { nowMs(): number; nowMsValue: number };
  push(...metrics: readonly Metric[]): Promise<void>;
  expire(): number;
  scrape(accept?: string): Promise<string>;
  /** The same, undecoded. */
  scrapeBytes(accept: string): Promise<Uint8Array>;
  /** Sample lines only, without `target_info`. */
  samples(accept?: string): Promise<readonly string[]>;
}

export const OPENMETRICS = "application/openmetrics-text;version=1.0.0";
export const PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

/** The exporter on a free port, with a clock of its own. */
export async function openLab(keys: object = {}): Promise<Lab> {
  const clock = {
    nowMsValue: EPOCH_MS,
    nowMs() {
      return this.nowMsValue;
    },
  };
  const around = surroundings();
  const exporter = await openPrometheus(prometheusConfig({ endpoint: "127.0.0.1:0", ...keys }), context("prometheus", around), clock);
  const address = around.listens[0]?.split(" ").at(-1) ?? "";
  const url = `http://${address}/metrics`;
  const answer = async (accept?: string) => {
    const response = await fetch(url, { headers: accept === undefined ? {} : { accept } });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return response;
  };
  const scrape = async (accept?: string) => (await answer(accept)).text();
  return {
    url,
    around,
    clock,
    push: (...metrics) => exporter.push(batchOf("metrics", metrics)),
    expire: () => exporter.expire(),
    scrape,
    scrapeBytes: async (accept) => new Uint8Array(await (await answer(accept)).arrayBuffer()),
    samples: async (accept) => (await scrape(accept)).split("\n").filter((line) => line !== "" && !/^#|^target_info/.test(line)),
    [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
  };
}

function prometheusConfig(keys: object): Parameters<typeof openPrometheus>[0] {
  return prometheus.config.parse(keys);
}
