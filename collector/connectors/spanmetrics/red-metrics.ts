import { type AnyValue, Attributes, anyValue } from "../../model/attributes.ts";
import type { HistogramPoint, Metric, NumberPoint } from "../../model/metric.ts";
import type { Scope } from "../../model/resource.ts";
import { unixNanoFromMs } from "../../model/time.ts";
import { readValue } from "../../wire/read-attributes.ts";
import { OVERFLOW, type SpanCells } from "./span-cells.ts";

export interface RedOptions {
  readonly namespace: string;
  readonly unit: "ms" | "s";
  readonly boundsMs: readonly number[];
  readonly dimensions: readonly { readonly name: string; readonly default?: string | undefined }[];
}

/** As otelcol writes them: opentelemetry/proto's enum names. */
const SPAN_KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const STATUS_CODES = ["UNSET", "OK", "ERROR"];

const SCOPE: Scope = { name: "spanmetricsconnector", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };

/** The cells as cumulative OTLP metrics: per resource one `…calls` counter and one `…duration` histogram. */
export function redMetrics(cells: SpanCells, options: RedOptions, nowMs: number): readonly Metric[] {
  const calls = new Map<number, NumberPoint[]>();
  const durations = new Map<number, HistogramPoint[]>();
  const perUnit = options.unit === "s" ? 1000 : 1;
  const explicitBounds = options.boundsMs.map((bound) => bound / perUnit);
  const timeUnixNano = unixNanoFromMs(nowMs);
  for (let cell = 0; cell < cells.length; cell++) {
    const key = cells.keyOf(cell);
    const { calls: count, sumMs, buckets } = cells.valuesOf(cell);
    const attributes = attributesOf(key, cells.resources.resource(key.resource).attributes, options);
    const point = { attributes, startUnixNano: unixNanoFromMs(key.sinceMs), timeUnixNano, flags: 0, exemplars: [] };
    append(calls, key.resource, { ...point, number: { kind: "int", value: count } });
    append(durations, key.resource, {
      ...point,
      count: BigInt(count),
      sum: sumMs / perUnit,
      min: undefined,
      max: undefined,
      bucketCounts: buckets.map(BigInt),
      explicitBounds,
    });
  }
  return [...calls].flatMap(([id, points]): Metric[] => {
    const common = { resource: cells.resources.resource(id), scope: SCOPE, metadata: Attributes.EMPTY };
    return [
      {
        ...common,
        name: prefixed(options.namespace, "calls"),
        description: "Spans that ended.",
        unit: "{span}",
        data: { type: "sum", temporality: 2, isMonotonic: true, points },
      },
      {
        ...common,
        name: prefixed(options.namespace, "duration"),
        description: "Duration of spans.",
        unit: options.unit,
        data: { type: "histogram", temporality: 2, points: durations.get(id) ?? [] },
      },
    ];
  });
}

function append<T>(lists: Map<number, T[]>, id: number, item: T): void {
  const list = lists.get(id);
  if (list === undefined) lists.set(id, [item]);
  else list.push(item);
}

function prefixed(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}.${name}`;
}

function attributesOf({ kind, status, segments }: ReturnType<SpanCells["keyOf"]>, resource: Attributes, { dimensions }: RedOptions): Attributes {
  const service: [string, AnyValue][] = [["service.name", anyValue(resource.getString("service.name") ?? "")]];
  if (kind === OVERFLOW) return Attributes.of([...service, ["otel.metric.overflow", anyValue(true)]]);
  const [name, ...values] = segments as [Uint8Array, ...Uint8Array[]];
  const entries: [string, AnyValue][] = [
    ...service,
    ["span.name", anyValue(Buffer.from(name).toString("utf8"))],
    ["span.kind", anyValue(`SPAN_KIND_${SPAN_KINDS[kind] ?? kind}`)],
    ["status.code", anyValue(`STATUS_CODE_${STATUS_CODES[status] ?? status}`)],
  ];
  for (const [index, dimension] of dimensions.entries()) {
    const value = values[index];
    if (value !== undefined && value.length > 0) entries.push([dimension.name, readValue(value, 0, value.length)]);
    else if (dimension.default !== undefined) entries.push([dimension.name, anyValue(dimension.default)]);
  }
  return Attributes.of(entries);
}
