import fc from "fast-check";
import { type AnyValue, Attributes } from "../../../../collector/model/attributes.ts";
import { ERROR_KINDS, OUTCOMES, PHASES, type PhaseTimes } from "../../../../collector/model/load-outcome.ts";
import type {
  Endpoint,
  LatencyView,
  LoadAggregate,
  LoadNote,
  LoadRequest,
  LoadRunFacts,
  LoadSample,
  LoadThreshold,
  ProxyView,
} from "../../../../collector/model/load-record.ts";
import { DURATION_MEANINGS } from "../../../../collector/wire/witness/duration-meanings.ts";
import type { WitnessIdentity } from "../../../../collector/wire/witness/witness-batches.ts";

/** Load records as readers may make them, for property tests. Text is well-formed Unicode, URLs hold no passwords. */

const text = fc.string({ unit: "binary", maxLength: 12 });
const word = fc.string({ minLength: 1, maxLength: 8 });
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const double = fc.double({ noNaN: true });
const ms = fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e9 });
const time = fc.bigInt({ min: 1n, max: 4_000_000_000_000_000_000n });
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });

const anyValue: fc.Arbitrary<AnyValue> = fc.oneof(
  text.map((value) => ({ kind: "string", value }) as const),
  fc.boolean().map((value) => ({ kind: "bool", value }) as const),
  double.map((value) => ({ kind: "double", value }) as const),
);
export const tags: fc.Arbitrary<Attributes> = fc.array(fc.tuple(text, anyValue), { maxLength: 4 }).map((entries) => Attributes.of(entries));

const path = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/").replaceAll(/[?#@]/g, "")}`);
const absolute = path.map((one) => `https://shop.test${one}`);

const endpoint: fc.Arbitrary<Endpoint> = fc
  .tuple(
    fc.constantFrom("", "GET", "POST", "PURGE", "_OTHER", "get"),
    fc.constantFrom("route", "name", "url", "path", "none"),
    path,
    absolute,
    text,
    word,
  )
  .chain(([method, source, ownPath, full, anything, query]) => {
    const name = { route: ownPath, path: ownPath, url: full, name: anything, none: "" }[source];
    return fc
      .constantFrom("", `${ownPath}?${query}`, full, `${full}?a=1`, anything.replaceAll("@", ""))
      .map((url) => ({ method, name, url, source }) as Endpoint);
  });

const proxy: fc.Arbitrary<ProxyView> = fc.record({
  tries: fc.array(
    fc.record({
      address: text,
      status: maybe(fc.integer({ min: 0, max: 999 })),
      connectMs: maybe(ms),
      headerMs: maybe(ms),
      responseMs: maybe(ms),
      redirect: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 3 },
  ),
  complete: maybe(fc.boolean()),
  askedUpstream: maybe(fc.boolean()),
  connection: maybe(count),
});

const phases = fc.record(Object.fromEntries(PHASES.map((phase) => [phase, ms])), { requiredKeys: [] }) as fc.Arbitrary<PhaseTimes>;
const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));

export const request: fc.Arbitrary<LoadRequest> = fc.record({
  kind: fc.constant("request"),
  endpoint,
  startUnixNano: maybe(time),
  endUnixNano: maybe(time),
  stamped: fc.constantFrom("start", "end", "none"),
  stampStepMs: fc.constantFrom(0, 1, 1000),
  outcome: fc.constantFrom(...OUTCOMES),
  errorKind: maybe(fc.constantFrom(...ERROR_KINDS)),
  errorText: text,
  status: maybe(fc.integer({ min: 0, max: 999 })),
  judgedFailed: maybe(fc.boolean()),
  durationMs: maybe(ms),
  durationMeans: fc.constantFrom(...DURATION_MEANINGS),
  phases,
  requestBytes: maybe(count),
  responseBytes: maybe(fc.oneof(count, ms)),
  newConnection: maybe(fc.boolean()),
  vu: text,
  iteration: text,
  scenario: text,
  group: text,
  traceId: fc.oneof(
    fc.constant(""),
    hex(32),
    hex(32).map((id) => id.toUpperCase()),
    fc.constant("0".repeat(32)),
    text,
  ),
  parentSpanId: fc.oneof(fc.constant(""), hex(16), fc.constant("0".repeat(16)), text),
  requestId: text,
  tags,
  proxy: maybe(proxy),
});

const latency: fc.Arbitrary<LatencyView> = fc.record({
  of: text,
  means: fc.constantFrom(...DURATION_MEANINGS),
  count: maybe(double),
  minMs: maybe(double),
  meanMs: maybe(double),
  maxMs: maybe(double),
  deviationMs: maybe(double),
  quantiles: fc.array(fc.record({ q: double, ms: double }), { maxLength: 3 }),
  histogram: fc.array(fc.record({ toMs: double, count: double }), { maxLength: 3 }),
  correction: fc.constantFrom("corrected", "raw", "not_needed", "broken", "unknown"),
  survivorsOnly: maybe(fc.boolean()),
});

export const aggregate: fc.Arbitrary<LoadAggregate> = fc.record({
  kind: fc.constant("aggregate"),
  scope: fc.constantFrom("run", "period", "so_far"),
  isTotal: fc.boolean(),
  endpoint,
  startUnixNano: maybe(time),
  endUnixNano: maybe(time),
  durationSeconds: maybe(double),
  count: maybe(double),
  outcomes: fc.dictionary(fc.constantFrom(...OUTCOMES), double, { noNullPrototype: true }),
  errorKinds: fc.dictionary(fc.constantFrom(...ERROR_KINDS), double, { noNullPrototype: true }),
  statuses: fc.array(fc.tuple(fc.integer({ min: 0, max: 999 }), count)).map((entries) => new Map(entries)),
  latencies: fc.array(latency, { maxLength: 3 }),
  responseBytes: maybe(double),
  tags,
});

export const threshold: fc.Arbitrary<LoadThreshold> = fc.record({
  kind: fc.constant("threshold"),
  metric: text,
  expression: text,
  passed: fc.boolean(),
});

export const facts: fc.Arbitrary<LoadRunFacts> = fc.record({
  kind: fc.constant("run"),
  generator: text,
  version: text,
  startUnixNano: maybe(time),
  endUnixNano: maybe(time),
  durationSeconds: maybe(double),
  concurrency: maybe(double),
  target: absolute,
  tags,
});

export const note: fc.Arbitrary<LoadNote> = fc.record({ kind: fc.constant("note"), code: text, text });

/** Of few names, tag sets and seconds, so that some fall together. */
export const sample: fc.Arbitrary<LoadSample> = fc.record({
  kind: fc.constant("sample"),
  name: fc.constantFrom("iterations", "checks", "vus", "data_sent"),
  type: fc.constantFrom("delta", "total", "gauge", "rate", "trend"),
  unit: fc.constantFrom("", "ms", "By"),
  timeUnixNano: maybe(fc.bigInt({ min: 0n, max: 2_999_999_999n }).map((nanos) => 1_700_000_000_000_000_000n + nanos)),
  value: fc.integer({ min: -1000, max: 1000 }),
  tags: fc.constantFrom(Attributes.EMPTY, Attributes.from({ scenario: "spike" }), Attributes.from({ scenario: "spike", condition: "wet" })),
});

export const identity: fc.Arbitrary<WitnessIdentity> = fc.record({
  hop: fc.constantFrom("client", "proxy", "host"),
  name: text,
  format: text,
  instance: text,
  runId: text,
  durationMeans: fc.constantFrom(...DURATION_MEANINGS),
  correction: text,
  survivorsOnly: fc.constantFrom("yes", "no", "unknown"),
  limits: fc.array(text, { maxLength: 3 }),
});
