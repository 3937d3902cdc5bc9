import fc from "fast-check";
import { expect, test } from "vitest";
import type { Batch } from "../../../../collector/model/batch.ts";
import { BLANK_REQUEST, type LoadRequest } from "../../../../collector/model/load-record.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import {
  buckets,
  counter,
  histogram,
  identity,
  K6,
  type Lab,
  log,
  metric,
  NGINX,
  number,
  openLab,
  request,
  START_MS,
  scope,
  span,
  total,
} from "./lab.ts";

/** What came in must be in cells or among the losses, whatever the times, the clock and the disk do. */

const MINUTE = 60_000;

/** Requests that are not in the ledger, but counted. */
function lostRequests({ recorder }: Lab): number {
  return recorder
    .ownLosses()
    .filter(({ signal, reason, concerns }) => concerns === undefined && (signal === "requests" || reason === "spans without an end"))
    .reduce((sum, { items }) => sum + items, 0);
}

const anyMs = fc.oneof(
  fc.integer({ min: -10_000, max: 10_000 }),
  fc.integer({ min: -30 * 24 * 60 * MINUTE, max: 30 * 24 * 60 * MINUTE }),
  fc.constantFrom(0, 4 * MINUTE, 5 * MINUTE, 5 * MINUTE + 1, -START_MS, 1e15),
);
const anyDuration = fc.oneof(fc.double(), fc.constantFrom(0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300));
const anyTime = fc.option(
  anyMs.map((ms) => unixNanoFromMs(Math.max(-1, START_MS + ms))),
  { nil: undefined },
);
const anyName = fc.constantFrom("a", "b", "/works/1", "__proto__", "", "x".repeat(5000));

const anyRequest: fc.Arbitrary<LoadRequest> = fc
  .record({
    start: anyTime,
    end: anyTime,
    durationMs: fc.option(anyDuration, { nil: undefined }),
    wait: anyDuration,
    name: anyName,
    scenario: anyName,
  })
  .chain(({ start, end, durationMs, wait, name, scenario }) =>
    fc.record({ status: fc.option(fc.oneof(fc.nat(2000), fc.double()), { nil: undefined }), traceId: anyName, requestId: anyName }).map((rest) => ({
      ...BLANK_REQUEST,
      ...rest,
      endpoint: { method: "GET", name, url: "", source: "url" as const },
      startUnixNano: start,
      endUnixNano: end,
      durationMs,
      phases: { wait },
      outcome: "ok" as const,
      scenario,
    })),
  );

interface Sent {
  readonly count: number;
  readonly send: (lab: Lab) => void;
}
const sent = (count: number, batch: Batch): Sent => ({ count, send: ({ recorder }) => recorder.push(batch) });

const anySent: fc.Arbitrary<Sent> = fc.oneof(
  fc.tuple(fc.array(anyRequest, { maxLength: 5 }), fc.constantFrom(identity(), NGINX)).map(([items, witness]) => ({
    count: items.length,
    send: ({ recorder }: Lab) => {
      for (const item of items) recorder.item(item, witness);
    },
  })),
  fc.record({ from: anyMs, to: anyMs, name: anyName }).map(({ from, to, name }) => {
    const times = { fromMs: Math.max(from, -START_MS), toMs: Math.max(to, -START_MS) };
    return sent(1, batchOf("traces", [span({ ...times, traceId: "t", attributes: { "http.route": name } })]));
  }),
  fc.record({ at: anyMs, status: fc.integer({ min: 100, max: 999 }), latency: anyDuration }).map(({ at, status, latency }) => {
    const attributes = { "http.response.status_code": status, "http.route": "/r", latency_ms: latency };
    return sent(1, batchOf("logs", [log(Math.max(at, -START_MS), attributes)]));
  }),
  fc.record({ at: anyMs, count: fc.nat(1000), status: fc.constantFrom("200", "503", "0") }).map(({ at, count, status }) => {
    const point = number(Math.max(at, -START_MS), count, { status, method: "GET", name: "works" });
    return sent(count, batchOf("metrics", [metric("http_reqs", counter([point], 1), { resource: K6, scope: scope("k6") })]));
  }),
  fc.record({ at: anyMs, counts: fc.array(fc.nat(100), { minLength: 4, maxLength: 4 }) }).map(({ at, counts }) => {
    const point = buckets(Math.max(at, -START_MS), [0.01, 0.1, 1], counts, 1, { "http.route": "/r", "http.request.method": "GET" });
    return sent(
      point.count === 0n ? 0 : Number(point.count),
      batchOf("metrics", [metric("http.server.request.duration", histogram([point], 1), { unit: "s" })]),
    );
  }),
);
const anyStep = fc.record({
  sent: anySent,
  /** The machine's clock may be set back. */
  afterMs: fc.oneof(fc.nat(3000), fc.integer({ min: -2 * 60 * MINUTE, max: 26 * 60 * MINUTE })),
  isBroken: fc.boolean(),
  flushes: fc.boolean(),
});

test("requests in are requests in cells and requests counted as lost", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 25 }), fc.boolean(), (steps, isTight) => {
      const lab = openLab(isTight ? { limits: { openCells: 4, endpoints: 2, cellKeys: 6, pendingJoins: 3, clockPairs: 2, streams: 3 } } : {});
      let count = 0;
      for (const { sent: one, afterMs, isBroken, flushes } of steps) {
        lab.clock.ms = Math.max(START_MS, lab.clock.ms + afterMs);
        lab.writer.fault = isBroken ? new Error("disk gone") : undefined;
        one.send(lab);
        count += one.count;
        if (flushes) lab.recorder.flush();
      }
      lab.writer.fault = undefined;
      lab.recorder.close();
      expect(total(lab.writer.cells) + lostRequests(lab)).toBe(count);
      for (const { second, count: inCell, sums } of lab.writer.cells) {
        expect(Number.isSafeInteger(second) && Number.isSafeInteger(inCell)).toBe(true);
        expect(second).toBeLessThanOrEqual((Math.max(START_MS, lab.clock.ms) + 60 * 24 * 60 * MINUTE) / 1000);
        for (const { sum } of Object.values(sums)) expect(sum).toBeGreaterThanOrEqual(0);
      }
      for (const join of lab.writer.joins) expect(Number.isSafeInteger(join.second)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("a request that ended in the future, by the clock of its sender, is counted when it arrives, and that is said once for each", () => {
  const { recorder, writer, clock } = openLab();
  clock.ms += 10_500;
  recorder.item(request(10_000 + 5 * MINUTE), identity());
  recorder.item(request(11_000 + 5 * MINUTE), identity());
  recorder.item(request(11_000 + 24 * 60 * MINUTE), identity());
  recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 60 * MINUTE })]));
  recorder.push(batchOf("metrics", [metric("g", { type: "gauge", points: [number(60 * MINUTE, 1)] })]));
  recorder.close();
  const seconds = writer.cells.map(({ hop, second, count }) => [hop, second - START_MS / 1000, count]);
  expect(seconds).toEqual([
    ["client", 10, 2],
    ["application", 10, 1],
    ["client", 310, 1],
  ]);
  expect(writer.points.map(({ point }) => point.second - START_MS / 1000)).toEqual([10]);
  expect(writer.notes.filter(({ code }) => code === "clock_ahead").map(({ text }) => text.split(":", 1)[0])).toEqual(["k6", "api-server"]);
  expect(recorder.ownLosses()).toEqual([]);
});

test("what is read from files has no now: its times stand as they are", () => {
  const { recorder, writer, clock } = openLab({ limits: { joinWaitMs: Number.POSITIVE_INFINITY } });
  clock.ms = 0;
  recorder.item(request(1000), identity());
  recorder.close();
  expect(writer.cells).toMatchObject([{ second: START_MS / 1000 + 1 }]);
  expect(writer.notes).toEqual([]);
});

test("a clock that is set back by an hour keeps neither joins nor witnesses waiting for it", () => {
  const { recorder, writer, clock } = openLab();
  recorder.item(request(100, { traceId: "t1" }), identity());
  recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 90, traceId: "t1", spanId: "s" })]));
  clock.ms -= 60 * MINUTE;
  recorder.item(request(-60 * MINUTE), identity());
  recorder.flush();
  expect(writer.joins).toHaveLength(1);
  expect(writer.witnesses.map(({ hop }) => hop).sort()).toEqual(["application", "client"]);
});

test("a run longer than a day is recorded second by second", () => {
  const { recorder, writer, clock } = openLab();
  const hours = 60;
  for (let hour = 0; hour < hours; hour++) {
    clock.ms = START_MS + hour * 60 * MINUTE + 1000;
    recorder.item(request(hour * 60 * MINUTE), identity());
    recorder.flush();
  }
  recorder.close();
  expect(writer.cells.map(({ second }) => second - START_MS / 1000)).toEqual(Array.from({ length: hours }, (_, hour) => hour * 3600));
  expect(recorder.counts()[0]).toMatchObject({ requests: hours, recent: { requests: 1 } });
});

test("the first and the last millisecond of a second belong to it", () => {
  const { recorder, writer } = openLab();
  for (const ms of [0, 999, 1000, 1999, 2000]) recorder.item(request(ms, { durationMs: 0 }), identity());
  recorder.close();
  expect(writer.cells.map(({ second, count }) => [second - START_MS / 1000, count])).toEqual([
    [0, 2],
    [1, 2],
    [2, 1],
  ]);
});
