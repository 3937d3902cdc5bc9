import fc from "fast-check";
import { expect, test } from "vitest";
import { wholeMs } from "../../../collector/model/time.ts";
import { SeriesStore } from "../../../collector/series/series-store.ts";
import { encodeMetrics } from "../../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../../collector/wire/scan-metrics.ts";
import {
  buckets,
  counter,
  deltaCounter,
  deltaHistogram,
  EPOCH_MS,
  gauge,
  histogram,
  metric,
  number,
  resource,
  upDownCounter,
} from "../exporters/prometheus/lab.ts";

const KINDS = ["gauge", "counter", "delta", "histogram", "delta-histogram", "up-down"] as const;

const sent = fc.record({
  kind: fc.constantFrom(...KINDS),
  pid: fc.nat(1),
  id: fc.nat(1),
  value: fc.nat(3),
  /** Seconds; close together, so that they meet, cross and repeat. */
  start: fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10),
  time: fc.integer({ min: 1, max: 4000 }).map((half) => half / 2000),
  ended: fc.nat(9).map((one) => one === 0),
  bound: fc.nat(1),
});
type Sent = typeof sent extends fc.Arbitrary<infer One> ? One : never;
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ what: fc.constant("push" as const), points: fc.array(sent, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ what: "end" as const }) },
  { weight: 1, arbitrary: fc.constant({ what: "expire" as const }) },
);

function metricOf({ kind, pid, id, value, start, time, ended, bound }: Sent, offset: number) {
  const fields = { attributes: { id }, start: offset + start, time: offset + time, flags: ended ? 1 : 0 };
  const plain = number(value, fields);
  const classic = buckets([value, 1], [bound], fields);
  const data = {
    gauge: () => gauge(plain),
    counter: () => counter(plain),
    delta: () => deltaCounter(plain),
    histogram: () => histogram(classic),
    "delta-histogram": () => deltaHistogram(classic),
    "up-down": () => upDownCounter(plain),
  }[kind]();
  return metric(`m.${kind.replace("-", "_")}`, data, { resource: resource({ "service.name": "api", "host.name": "h", "process.pid": pid }) });
}

test("whatever is sent, a listener hears of each series in rising ms, zeros only before a point, an end only of what is there", () => {
  const columns = new MetricColumns();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, spreadCollisions) => {
      const series = new Map<number, { ms: number; visible: boolean; zero: boolean }>();
      const faults: string[] = [];
      const at = (index: number, what: string, ns: number) => {
        const state = series.get(index) ?? { ms: -1, visible: false, zero: false };
        const ms = wholeMs(ns / 1e6);
        if (ms <= state.ms) faults.push(`${what} of ${index} at ${ms}, after ${state.ms}`);
        if (state.zero && what !== "admitted") faults.push(`${what} of ${index} behind a zero`);
        if (what === "ended" && !state.visible) faults.push(`${index} ended twice`);
        series.set(index, { ms, visible: what === "admitted" || (what === "zero" && state.visible), zero: what === "zero" });
      };
      const store: SeriesStore = new SeriesStore(
        { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true },
        { maxSeries: 100, expirationMs: 1000, expirationIntervals: 0 },
        {
          keepExemplars: true,
          hashKey: [5, 6],
          spreadCollisions,
          listener: {
            admitted: (index) => at(index, "admitted", store.table.timeNs[index] as number),
            zero: (index, timeNs) => at(index, "zero", timeNs),
            ended: (index, timeNs) => at(index, "ended", timeNs),
            removed: (index) => {
              if (series.get(index)?.visible === true) faults.push(`${index} removed before its end`);
              series.delete(index);
            },
            target: () => {},
          },
        },
      );
      let offset = 0;
      for (const one of steps) {
        const nowMs = EPOCH_MS + offset * 1000 + 2000;
        if (one.what === "end") store.end(undefined, nowMs);
        else if (one.what === "expire") {
          offset += 3;
          store.expire(nowMs + 3000);
        } else {
          columns.scan(encodeMetrics(one.points.map((point) => metricOf(point, offset))));
          const lost = [...(store.ingest(columns, nowMs) ?? [])].reduce((sum, [, items]) => sum + items, 0);
          if (lost > one.points.length) faults.push(`${lost} of ${one.points.length} points lost`);
        }
        expect(faults).toEqual([]);
      }
    }),
    { numRuns: 400 },
  );
});
