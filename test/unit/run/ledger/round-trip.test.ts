import fc from "fast-check";
import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Hop } from "../../../../collector/model/catalog.ts";
import { type GaugePoint, JOIN_PARTS, type LedgerCell, SUM_KEYS } from "../../../../collector/model/ledger.ts";
import { ERROR_KINDS, OUTCOMES } from "../../../../collector/model/load-outcome.ts";
import { BLANK_AGGREGATE } from "../../../../collector/model/load-record.ts";
import { openLedgerFile } from "../../../../collector/run/ledger/open-ledger-file.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import type { GaugeIdentity } from "../../../../collector/run/ledger-writer.ts";
import { LedgerFolder } from "./ledger-folder.ts";
import { START_MS, sampleRun } from "./sample-run.ts";

const ENDPOINTS = [
  { method: "GET", name: "/api/works", source: "route" },
  { method: "", name: "works_list", source: "name" },
  { method: "POST", name: "", source: "none" },
] as const;
const HOPS: readonly Hop[] = ["client", "network", "proxy", "application", "store"];
const SECOND = START_MS / 1000;

const second = fc.integer({ min: SECOND, max: SECOND + 20 });
const word = fc.string({ unit: "grapheme", maxLength: 6 });
const amount = fc.oneof(
  fc.nat(),
  fc.double({ noNaN: true }).map((value) => value + 0),
  fc.constantFrom(1e18, 2 ** 53, Number.NaN, 0.1),
);
const counted = fc.record({ n: fc.nat(), sum: fc.double() }, { noNullPrototype: true });
const cell: fc.Arbitrary<LedgerCell> = fc.record({
  second,
  hop: fc.constantFrom(...HOPS),
  source: fc.constantFrom("requests", "metrics", "logs", "spans"),
  witness: word,
  instance: word,
  endpoint: fc.nat({ max: ENDPOINTS.length - 1 }),
  scenario: word,
  outcome: fc.constantFrom(...OUTCOMES),
  errorKind: fc.constantFrom(undefined, ...ERROR_KINDS),
  status: fc.constantFrom(undefined, 0, 200, 429, 503),
  count: fc.oneof(fc.nat(), fc.constant(1e17)),
  latency: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
  sums: fc.dictionary(fc.constantFrom(...SUM_KEYS), counted, { noNullPrototype: true }),
});
const identity: fc.Arbitrary<GaugeIdentity> = fc.record({
  name: word,
  unit: word,
  kind: fc.constantFrom("gauge", "counter", "histogram"),
  hop: fc.constantFrom(undefined, ...HOPS),
  witness: word,
  instance: word,
  attributes: fc.dictionary(fc.oneof(word, fc.constant("__proto__")), word, { maxKeys: 3, noNullPrototype: true }),
});
const point: fc.Arbitrary<GaugePoint> = fc.record({ second, min: amount, max: amount, last: amount, sum: amount, n: fc.nat() });

function bySecond<Row extends { readonly second: number }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => a.second - b.second);
}

test("any cells come back, by second, over as many transactions and writers as they were written in", () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { maxLength: 8 }), { minLength: 1, maxLength: 3 }), (batches) => {
      using folder = new LedgerFolder();
      for (const cells of batches) {
        using writer = openLedgerFile(folder.file());
        writer.saveRun(sampleRun());
        expect(ENDPOINTS.map((endpoint) => writer.endpoint(endpoint))).toEqual([0, 1, 2]);
        writer.write({ cells: cells.slice(0, 4) });
        writer.write({ cells: cells.slice(4) });
      }
      expect(readLedger(folder.file()).cells).toEqual(bySecond(batches.flat()));
    }),
    { numRuns: 30 },
  );
});

test("any gauges come back, points by second", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(identity, fc.uniqueArray(point, { selector: (one) => one.second, minLength: 1, maxLength: 5 })), {
        selector: ([one]) => JSON.stringify({ ...one, attributes: Object.entries(one.attributes).sort() }),
        maxLength: 6,
      }),
      (gauges) => {
        using folder = new LedgerFolder();
        {
          using writer = openLedgerFile(folder.file());
          writer.saveRun(sampleRun());
          const numbers = gauges.map(([one]) => writer.series(one));
          expect(gauges.map(([one]) => writer.series({ ...one }))).toEqual(numbers);
          writer.write({ points: gauges.flatMap(([, points], index) => points.map((one) => ({ series: numbers[index] ?? -1, point: one }))) });
        }
        const expected = gauges.map(([one, points]) => ({ ...one, points: bySecond(points) }));
        expect(readLedger(folder.file()).gauges).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});

test("points of one series and second are one: extremes, the later last, sums", () => {
  using folder = new LedgerFolder();
  using writer = openLedgerFile(folder.file());
  writer.saveRun(sampleRun());
  const series = writer.series({ name: "permits", unit: "1", kind: "gauge", hop: "application", witness: "api", instance: "", attributes: {} });
  writer.write({ points: [{ series, point: { second: SECOND, min: 3, max: 5, last: 4, sum: 12, n: 3 } }] });
  writer.write({ points: [{ series, point: { second: SECOND, min: 1, max: 2, last: 2, sum: 3, n: 2 } }] });
  expect(readLedger(folder.file()).gauges[0]?.points).toEqual([{ second: SECOND, min: 1, max: 5, last: 2, sum: 15, n: 5 }]);
});

test("everything else comes back as it was written last", () => {
  using folder = new LedgerFolder();
  const run = sampleRun({ state: "closed", endUnixMs: START_MS + 90_000, exit: { code: 99, signal: null } });
  const hold = { name: "hold", kind: "hold", startUnixMs: START_MS + 20_000, endUnixMs: START_MS + 60_000, source: "given" } as const;
  const ramp = { name: "ramp", kind: "ramp", startUnixMs: START_MS, endUnixMs: START_MS + 20_000, source: "detected" } as const;
  const late = { timeUnixMs: START_MS + 30_000, text: "restarted", labels: { service: "api" }, kind: "user" } as const;
  const early = { timeUnixMs: START_MS + 1000.5, text: "permits are used up", labels: {}, kind: "alert" } as const;
  const join = {
    second: SECOND,
    endpoint: 1,
    by: "trace",
    count: 7,
    parts: Object.fromEntries(JOIN_PARTS.map((part, index) => [part, { n: index, sum: index / 3 }])),
  } as const;
  const pair = {
    outer: "client",
    inner: "proxy",
    outerStartMs: START_MS + 0.25,
    outerEndMs: START_MS + 9,
    innerStartMs: START_MS + 1.125,
    innerEndMs: START_MS + 8,
  } as const;
  const log = {
    timeUnixMs: START_MS + 5,
    witness: "api",
    severity: "WARN",
    body: 'no "permit"\u0000\n💥',
    traceId: "ab",
    attributes: { "http.route": "/a" },
  };
  const span = {
    hop: "application",
    witness: "api",
    name: "GET /a",
    spanId: "1",
    parentSpanId: "",
    startUnixMs: START_MS + 0.5,
    endUnixMs: START_MS + 3,
    failed: true,
    attributes: { ["__proto__"]: "x" },
  } as const;
  const trace = { why: "slow", endpoint: 0, traceId: "ab", durationMs: 2.5, outcome: "ok", errorKind: undefined, spans: [span] } as const;
  const witness = {
    hop: "host",
    name: "host",
    sources: ["metrics"],
    format: "otlp",
    firstUnixMs: START_MS,
    lastUnixMs: START_MS + 4,
    items: 17,
    durationMeans: "",
    correction: "unknown",
    survivorsOnly: "unknown",
    limits: ["Sees no requests."],
  } as const;
  const loss = { component: "recorder", signal: "samples", reason: "too_many_series", items: 5 } as const;
  const otherLoss = { component: "otlp", signal: "spans" as "traces", reason: "queue_full", items: 2 } as const;
  const aggregate = { ...BLANK_AGGREGATE, startUnixNano: 1n, statuses: new Map([[200, 5]]), tags: Attributes.from({ a: 1 }) };
  const threshold = { kind: "threshold", metric: "http_reqs", expression: "rate>10", passed: false } as const;
  const facts = {
    kind: "run",
    generator: "k6",
    version: "2.2.0",
    startUnixNano: 1_778_561_460_123_456_789n,
    endUnixNano: undefined,
    durationSeconds: 60,
    concurrency: 40,
    target: "http://localhost",
    tags: Attributes.EMPTY,
  } as const;
  const note = { kind: "note", code: "cut_off", text: "two requests" } as const;
  {
    using writer = openLedgerFile(folder.file("a/b/run.sqlite"));
    writer.saveRun(sampleRun());
    for (const endpoint of ENDPOINTS) writer.endpoint(endpoint);
    writer.savePhases(
      "given",
      [ramp, ramp].map((phase) => ({ ...phase, source: "given" as const })),
    );
    writer.savePhases("given", [hold]);
    writer.savePhases("detected", [ramp]);
    writer.addMark(late);
    writer.addMark(early);
    writer.write({ joins: [join], clockPairs: [pair], logs: [log] });
    writer.saveTraces([trace, trace, { ...trace, traceId: "old" }]);
    writer.saveTraces([{ ...trace, traceId: "new" }, trace]);
    writer.saveWitnesses([{ ...witness, items: 1 }, witness]);
    writer.saveWitnesses([witness]);
    writer.saveLosses([{ ...loss, items: 1 }, otherLoss]);
    writer.saveLosses([loss]);
    writer.addFacts({ aggregates: [{ witness: "wrk", item: aggregate }], thresholds: [threshold], facts: [facts], notes: [note] });
    writer.addFacts({ notes: [note] });
    writer.saveRun(run);
  }
  const ledger = readLedger(folder.file("a/b/run.sqlite"));
  expect(ledger).toEqual({
    run,
    phases: [ramp, hold],
    marks: [early, late],
    witnesses: [witness],
    endpoints: ledger.endpoints,
    cells: [],
    joins: [join],
    clockPairs: [pair],
    gauges: [],
    traces: [{ ...trace, traceId: "new" }, trace],
    logs: [log],
    losses: [otherLoss, loss],
    aggregates: [{ witness: "wrk", item: aggregate }],
    thresholds: [threshold],
    facts: [facts],
    notes: [note, note],
  });
  expect(ledger.endpoints).toMatchObject(ENDPOINTS);
  expect(ledger.aggregates[0]?.item.tags).toBeInstanceOf(Attributes);
});

test("endpoints are one by the votes of joined requests, added up over writers, and by the rules of whoever reads", () => {
  using folder = new LedgerFolder();
  for (let time = 0; time < 2; time++) {
    using writer = openLedgerFile(folder.file());
    writer.saveRun(sampleRun());
    const [route, name] = ENDPOINTS.map((endpoint) => writer.endpoint(endpoint)) as [number, number, number];
    writer.vote(name, route, 3);
    writer.vote(name, route, 4);
  }
  expect(readLedger(folder.file()).endpoints[1]).toMatchObject({ name: "works_list", canonical: "GET /api/works", by: "joined" });
  const ruled = readLedger(folder.file(), { rules: [{ match: "^works_list$", as: "the list" }] });
  expect(ruled.endpoints[1]).toMatchObject({ canonical: "the list", by: "rule" });
});

test("a row that names an endpoint or series that was never given is refused, and the rows after it are not hindered", () => {
  using folder = new LedgerFolder();
  using writer = openLedgerFile(folder.file());
  writer.saveRun(sampleRun());
  const endpoint = writer.endpoint(ENDPOINTS[0]);
  const made: LedgerCell = { ...(fc.sample(cell, { numRuns: 1, seed: 1 })[0] as LedgerCell), endpoint };
  const refused = (what: RegExp) => expect.objectContaining({ code: "E_LEDGER", message: expect.stringMatching(what) });
  const pointOf = (series: number) => ({ series, point: { second: SECOND, min: 1, max: 1, last: 1, sum: 1, n: 1 } });
  expect(() => writer.write({ cells: [{ ...made, endpoint: 7 }] })).toThrow(refused(/endpoint 7/));
  expect(() => writer.write({ joins: [{ second: SECOND, endpoint: -1, by: "trace", parts: {}, count: 1 }] })).toThrow(refused(/endpoint -1/));
  expect(() => writer.write({ points: [pointOf(0)] })).toThrow(refused(/series 0/));
  expect(() => writer.vote(endpoint, 9, 1)).toThrow(refused(/endpoint 9/));
  writer.write({ cells: [made] });
  expect(readLedger(folder.file()).cells).toEqual([made]);
});
