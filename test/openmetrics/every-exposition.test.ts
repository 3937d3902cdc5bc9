import {
  type Arbitrary,
  array,
  assert,
  bigInt,
  constant,
  constantFrom,
  double,
  integer,
  oneof,
  property,
  record,
  tuple,
  uniqueArray,
} from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../collector/model/attributes.ts";
import type { Exemplar, ExponentialHistogramPoint, HistogramPoint, Metric, MetricData, NumberPoint } from "../../collector/model/metric.ts";
import { SeriesStore } from "../../collector/series/series-store.ts";
import { encodeMetrics } from "../../collector/wire/otlp-metrics.ts";
import { NAME_ESCAPINGS } from "../../collector/wire/prometheus-escape.ts";
import { allowsUtf8, TRANSLATION_STRATEGIES, type TranslationStrategy } from "../../collector/wire/prometheus-name.ts";
import { MetricColumns } from "../../collector/wire/scan-metrics.ts";
import { Bodies } from "../../exporters/prometheus/bodies.ts";
import type { Format } from "../../exporters/prometheus/negotiate.ts";
import { decodeFamilies } from "./decode-protobuf.ts";
import { type Flat, flattenProtobuf, flattenText } from "./protobuf-samples.ts";
import { validateOpenMetrics } from "./validate-openmetrics.ts";
import { validateText } from "./validate-text.ts";

// Few names, so that they meet one another often, with everything in them that needs escaping or comes to the same.
const name = constantFrom(
  "x",
  "x_total",
  "x.created",
  "x_count",
  "a.b",
  "a_b",
  "a:b",
  "花火",
  "é",
  "0a",
  'n\0m"\\\n',
  "target",
  "target_info",
  "lat.ms",
);
const key = constantFrom("a.b", "a_b", "a-b", "a:b", "le", "quantile", "job", "__name__", "花", 'k\n"\\', "otel_scope_name");
const text = constantFrom("", "1", "2", 'q"\\\n\r\0', "日本 😀", " ");
const attributes = array(tuple(key, text), { maxLength: 3 }).map((pairs) => Attributes.from(Object.fromEntries(pairs)));
const time = integer({ min: 0, max: 40 }).map((seconds) => BigInt(1_790_000_000 + seconds) * 1_000_000_000n);
const anyNumber = oneof(integer({ min: -3, max: 1_000_000 }), constantFrom(0.5, -0.25, Number.NaN, Infinity, -Infinity, 1e300, 123.456), double());
const exemplar: Arbitrary<Exemplar> = record({
  filteredAttributes: attributes,
  timeUnixNano: oneof(time, constant(0n)),
  number: oneof(
    anyNumber.map((value) => ({ kind: "double", value }) as const),
    constant({ kind: "empty", value: null } as const),
  ),
  spanId: constantFrom("", "0123456789abcdef"),
  traceId: constantFrom("", "0123456789abcdef0123456789abcdef"),
});
const common = {
  attributes,
  timeUnixNano: time,
  startUnixNano: oneof(constant(0n), constant(1_790_000_000_000_000_000n)),
  flags: constantFrom(0, 0, 0, 1),
  exemplars: array(exemplar, { maxLength: 2 }),
};
const count = integer({ min: 0, max: 20 });
const temporality = constantFrom(1 as const, 2 as const);
const sum = oneof(constant(undefined), anyNumber);

const numberPoint: Arbitrary<NumberPoint> = record({
  ...common,
  number: oneof(
    anyNumber.map((value) => ({ kind: "double", value }) as const),
    bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(
      (value) => ({ kind: "int", value: Number.isSafeInteger(Number(value)) ? Number(value) : value }) as const,
    ),
  ),
});
const histogramPoint: Arbitrary<HistogramPoint> = tuple(
  record({ ...common, sum, min: constant(undefined), max: constant(undefined) }),
  uniqueArray(constantFrom(-1, 0, 0.005, 1, 2.5, 1e6, 1e-7, Infinity), { maxLength: 4 }),
  array(count, { maxLength: 6 }),
  integer({ min: -2, max: 2 }),
).map(([point, bounds, counts, off]) => ({
  ...point,
  explicitBounds: bounds.toSorted((a, b) => a - b),
  bucketCounts: counts.slice(0, bounds.length + 1).map(BigInt),
  count: BigInt(Math.max(0, counts.slice(0, bounds.length + 1).reduce((total, one) => total + one, 0) + off)),
}));
const side = oneof(constant(undefined), record({ offset: integer({ min: -40, max: 40 }), bucketCounts: array(count.map(BigInt), { maxLength: 8 }) }));
const exponentialPoint: Arbitrary<ExponentialHistogramPoint> = record({
  ...common,
  sum,
  min: constant(undefined),
  max: constant(undefined),
  scale: integer({ min: -4, max: 12 }),
  zeroCount: count.map(BigInt),
  zeroThreshold: constantFrom(0, 0.001),
  positive: side,
  negative: side,
}).map((point) => {
  const total = (buckets: typeof point.positive) => (buckets?.bucketCounts ?? []).reduce((all, one) => all + one, 0n);
  return { ...point, count: point.zeroCount + total(point.positive) + total(point.negative) };
});
const data: Arbitrary<MetricData> = oneof(
  record({ type: constant("gauge" as const), points: array(numberPoint, { maxLength: 3 }) }),
  record({ type: constant("sum" as const), temporality, isMonotonic: constantFrom(true, true, false), points: array(numberPoint, { maxLength: 3 }) }),
  record({ type: constant("histogram" as const), temporality, points: array(histogramPoint, { maxLength: 3 }) }),
  record({ type: constant("exponential_histogram" as const), temporality, points: array(exponentialPoint, { maxLength: 2 }) }),
  record({
    type: constant("summary" as const),
    points: array(
      record({
        attributes,
        timeUnixNano: time,
        startUnixNano: constant(0n),
        flags: constant(0),
        count: count.map(BigInt),
        sum: anyNumber,
        quantiles: uniqueArray(record({ quantile: constantFrom(0, 0.5, 0.99, 1, 1.5, -1), value: anyNumber }), {
          maxLength: 3,
          selector: ({ quantile }) => quantile,
        }),
      }),
      { maxLength: 2 },
    ),
  }),
);
const metric: Arbitrary<Metric> = record({
  resource: record({
    attributes: array(tuple(constantFrom("service.name", "service.instance.id", "a.b", "a_b", "host.name"), constantFrom("", "api", 'h"\n')), {
      maxLength: 3,
    }).map((pairs) => Attributes.from(Object.fromEntries(pairs))),
    droppedAttributesCount: constant(0),
    entityRefs: constant([]),
    schemaUrl: constant(""),
  }),
  scope: record({ name: constantFrom("", "lib"), version: constant(""), attributes, droppedAttributesCount: constant(0), schemaUrl: constant("") }),
  name,
  description: constantFrom("", 'He said "x"\n\\ \r \0', "other"),
  unit: constantFrom("", "s", "1", "By", "{x}", "花/s"),
  metadata: constantFrom(Attributes.EMPTY, Attributes.from({ "prometheus.type": "unknown" })),
  data,
});

const FORMATS: readonly Format[] = (["text", "openmetrics", "protobuf"] as const).flatMap((kind) =>
  NAME_ESCAPINGS.map((escaping) => ({ kind, escaping, contentType: "" })),
);

function open(strategy: TranslationStrategy) {
  const store = new SeriesStore(
    { strategy, namespace: "", constLabels: { env: "test" }, promoteResource: false, scopeInfo: true },
    { maxSeries: 1000, expirationMs: 1000 },
    { keepExemplars: true, hashKey: [1, 2] },
  );
  const columns = new MetricColumns();
  return {
    store,
    push(metrics: readonly Metric[], nowMs: number) {
      columns.scan(encodeMetrics(metrics));
      store.ingest(columns, nowMs);
    },
  };
}

const OPTIONS = { timestamps: false, created: false, nativeHistograms: "with_classic_buckets", onHidden() {} } as const;
/** Kept lines for all; for a few chunks; for none. */
const CACHES = [1 << 25, 4096, 0];

function bodyOf(bodies: Bodies, format: Format): Buffer {
  const body = bodies.render(format);
  const bytes = Buffer.from(body.bytes);
  body.release();
  return bytes;
}

/** In order, and without sums that are NaN: in protobuf they cannot be told from those that nobody knows. */
function comparable(samples: readonly Flat[]): readonly Flat[] {
  return samples
    .filter(([series, value]) => !Number.isNaN(value) || !(JSON.parse(series) as string[])[0]?.endsWith("_sum"))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe.each(TRANSLATION_STRATEGIES)("whatever is sent, under %s", (strategy) => {
  test("every exposition is valid, the same with and without kept lines, and the same in text and protobuf", () => {
    assert(
      property(array(array(metric, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }), constantFrom(false, true), (pushes, extras) => {
        const { store, push } = open(strategy);
        const options = { ...OPTIONS, utf8Names: allowsUtf8(strategy), timestamps: extras, created: extras };
        const kept = CACHES.map((keptBytes) => new Bodies(store, { ...options, keptBytes }));
        for (const [index, metrics] of pushes.entries()) {
          push(metrics, index * 700);
          if (index === 3) store.expire(index * 700 + 500);
          for (const format of FORMATS) {
            const fresh = bodyOf(new Bodies(store, { ...options, keptBytes: 0 }), format);
            for (const bodies of kept) expect(bodyOf(bodies, format).equals(fresh)).toBe(true);
            judge(fresh, format);
          }
          for (const escaping of NAME_ESCAPINGS) {
            const one = new Bodies(store, { ...options, keptBytes: 0 });
            const protobuf = flattenProtobuf(decodeFamilies(bodyOf(one, { kind: "protobuf", escaping, contentType: "" })));
            const { families } = validateText(bodyOf(one, { kind: "text", escaping, contentType: "" }).toString(), { utf8: true });
            expect(comparable(protobuf)).toEqual(comparable(flattenText(families)));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

function judge(bytes: Buffer, { kind, escaping }: Format): void {
  const utf8 = escaping === "allow-utf-8";
  if (kind === "openmetrics") expect(validateOpenMetrics(bytes.toString(), { utf8 }).problems).toEqual([]);
  else if (kind === "text") expect(validateText(bytes.toString(), { utf8 }).problems).toEqual([]);
  else for (const family of decodeFamilies(bytes)) expect(family["name"]).not.toBe("");
}
