import type { AnyValue, Attributes } from "../../model/attributes.ts";
import type { LogRecord } from "../../model/log-record.ts";
import type { Metric, MetricData } from "../../model/metric.ts";
import type { Resource, Scope } from "../../model/resource.ts";
import type { Span } from "../../model/span.ts";

/** Where a condition stands: what its bare names mean. Words of OTTL's contexts. */
export type ConditionContext = "span" | "metric" | "datapoint" | "log";
export type Point = MetricData["points"][number];

/** What a condition looks at; the parts that its context has are set. */
export interface Subject {
  readonly resource: Resource;
  readonly scope: Scope;
  /** Of the span, data point or log record. */
  readonly attributes?: Attributes;
  readonly span?: Span;
  readonly metric?: Metric;
  readonly point?: Point;
  readonly log?: LogRecord;
}

/** null: nothing there. */
export type Operand = string | number | bigint | boolean | Uint8Array | Attributes | readonly AnyValue[] | null;
export type Read = (subject: Subject) => Operand;

const DATA_TYPES: Readonly<Record<MetricData["type"], number>> = { empty: 0, gauge: 1, sum: 2, histogram: 3, exponential_histogram: 4, summary: 5 };

const COMMON: Readonly<Record<string, Read>> = {
  "scope.name": ({ scope }) => scope.name,
  "scope.version": ({ scope }) => scope.version,
  "instrumentation_scope.name": ({ scope }) => scope.name,
  "instrumentation_scope.version": ({ scope }) => scope.version,
};

const METRIC: Readonly<Record<string, Read>> = {
  name: ({ metric }) => metric?.name ?? null,
  description: ({ metric }) => metric?.description ?? null,
  unit: ({ metric }) => metric?.unit ?? null,
  type: ({ metric }) => (metric === undefined ? null : DATA_TYPES[metric.data.type]),
  aggregation_temporality: ({ metric }) => (metric !== undefined && "temporality" in metric.data ? metric.data.temporality : null),
  is_monotonic: ({ metric }) => (metric?.data.type === "sum" ? metric.data.isMonotonic : null),
};

const PATHS: Readonly<Record<ConditionContext, Readonly<Record<string, Read>>>> = {
  span: {
    ...COMMON,
    name: ({ span }) => span?.name ?? null,
    kind: ({ span }) => span?.kind ?? null,
    "status.code": ({ span }) => span?.statusCode ?? null,
    "status.message": ({ span }) => span?.statusMessage ?? null,
    trace_state: ({ span }) => span?.traceState ?? null,
    "trace_id.string": ({ span }) => span?.traceId ?? null,
    "span_id.string": ({ span }) => span?.spanId ?? null,
    "parent_span_id.string": ({ span }) => span?.parentSpanId ?? null,
    start_time_unix_nano: ({ span }) => span?.startUnixNano ?? null,
    end_time_unix_nano: ({ span }) => span?.endUnixNano ?? null,
  },
  metric: { ...COMMON, ...METRIC },
  datapoint: {
    ...COMMON,
    ...Object.fromEntries(Object.entries(METRIC).map(([name, read]) => [`metric.${name}`, read])),
    value_int: ({ point }) => (point !== undefined && "number" in point && point.number.kind === "int" ? point.number.value : null),
    value_double: ({ point }) => (point !== undefined && "number" in point && point.number.kind === "double" ? point.number.value : null),
    count: ({ point }) => (point !== undefined && "count" in point ? point.count : null),
    sum: ({ point }) => (point !== undefined && "sum" in point ? (point.sum ?? null) : null),
    flags: ({ point }) => point?.flags ?? null,
    start_time_unix_nano: ({ point }) => point?.startUnixNano ?? null,
    time_unix_nano: ({ point }) => point?.timeUnixNano ?? null,
  },
  log: {
    ...COMMON,
    body: ({ log }) => log?.body.value ?? null,
    severity_number: ({ log }) => log?.severityNumber ?? null,
    severity_text: ({ log }) => log?.severityText ?? null,
    event_name: ({ log }) => log?.eventName ?? null,
    "trace_id.string": ({ log }) => log?.traceId ?? null,
    "span_id.string": ({ log }) => log?.spanId ?? null,
    flags: ({ log }) => log?.flags ?? null,
    time_unix_nano: ({ log }) => log?.timeUnixNano ?? null,
    observed_time_unix_nano: ({ log }) => log?.observedUnixNano ?? null,
  },
};

const MAPS: Readonly<Record<string, (subject: Subject) => Attributes | undefined>> = {
  "resource.attributes": ({ resource }) => resource.attributes,
  "scope.attributes": ({ scope }) => scope.attributes,
  "instrumentation_scope.attributes": ({ scope }) => scope.attributes,
};
const ownAttributes = ({ attributes }: Subject): Attributes | undefined => attributes;

/** `name`, `span.name` …; undefined where the context has no such path. */
export function pathReader(context: ConditionContext, path: string): Read | undefined {
  return lookup(PATHS[context], path) ?? lookup(PATHS[context], withoutContext(context, path));
}

/** `attributes["key"]`, `resource.attributes["key"]` …; a missing key reads as null. */
export function attributeReader(context: ConditionContext, path: string, key: string): Read | undefined {
  const own = context !== "metric" && withoutContext(context, path) === "attributes" ? ownAttributes : undefined;
  const map = own ?? lookup(MAPS, path);
  return map === undefined ? undefined : (subject) => map(subject)?.get(key)?.value ?? null;
}

/** For messages: what stands at a place like this one. */
export function knownPaths(context: ConditionContext): readonly string[] {
  const maps = Object.keys(MAPS).map((map) => `${map}["…"]`);
  return [...Object.keys(PATHS[context]), ...(context === "metric" ? [] : ['attributes["…"]']), ...maps];
}

function withoutContext(context: ConditionContext, path: string): string {
  return path.startsWith(`${context}.`) ? path.slice(context.length + 1) : path;
}

function lookup<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

const FOUR = ["", "2", "3", "4"];
const ENUM_LISTS: Readonly<Record<string, readonly string[]>> = {
  SPAN_KIND_: ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"],
  STATUS_CODE_: ["UNSET", "OK", "ERROR"],
  SEVERITY_NUMBER_: ["UNSPECIFIED", ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((level) => FOUR.map((step) => level + step))],
  METRIC_DATA_TYPE_: ["NONE", "GAUGE", "SUM", "HISTOGRAM", "EXPONENTIAL_HISTOGRAM", "SUMMARY"],
  AGGREGATION_TEMPORALITY_: ["UNSPECIFIED", "DELTA", "CUMULATIVE"],
};

/** OTTL's names for the enum numbers of the protocol: `SPAN_KIND_SERVER` → 2. */
export const ENUMS: ReadonlyMap<string, number> = new Map(
  Object.entries(ENUM_LISTS).flatMap(([prefix, words]) => words.map((word, number) => [prefix + word, number] as const)),
);
