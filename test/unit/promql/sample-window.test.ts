import fc from "fast-check";
import { expect, test } from "vitest";
import { matcher } from "../../../collector/promql/label-matcher.ts";
import { LabelSet } from "../../../collector/promql/label-set.ts";
import { isStaleAt } from "../../../collector/promql/sample-source.ts";
import { SampleWindow, type WindowSeries } from "../../../collector/promql/sample-window.ts";

const NAMED_A = [matcher("__name__", "=", "a")];
const A = LabelSet.from({ __name__: "a" });

function open(window: SampleWindow, labels: LabelSet, retentionMs: number): WindowSeries {
  const series = window.series(labels, retentionMs);
  if (series === undefined) throw new Error("no room");
  return series;
}

test("keeps what a plain list would keep, whatever is appended, ended and trimmed", () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("append" as const), ms: fc.integer({ min: 0, max: 50 }), value: fc.double() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), ms: fc.integer({ min: 0, max: 50 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("trim" as const), ms: fc.integer({ min: 0, max: 400 }) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const window = new SampleWindow({ maxBytes: 1e9 });
      let list: { readonly at: number; readonly value: number | "stale" }[] = [];
      let now = 0;
      let last = -Infinity;
      for (const one of steps) {
        now += one.ms;
        if (one.kind === "trim") {
          window.trim(now);
          list = list.filter(({ at }) => at >= now - 100);
          if (list.length === 0) last = -Infinity;
          continue;
        }
        const series = open(window, A, 100);
        last = Math.max(now, last + 1);
        if (one.kind === "append") window.append(series, now, one.value);
        else window.end(series, now);
        list.push({ at: last, value: one.kind === "append" ? one.value : "stale" });
      }
      const [found] = window.select(NAMED_A, 0, Infinity);
      const kept = Array.from(found?.values ?? [], (value, index) => ({
        at: found?.timestampsMs[index],
        value: found !== undefined && isStaleAt(found.values, index) ? "stale" : value,
      }));
      expect(kept).toEqual(list);
    }),
  );
});

test("never takes more than its bytes, and gives back what was trimmed", () => {
  const window = new SampleWindow({ maxBytes: 20_000 });
  let refused = 0;
  for (let round = 0; round < 100; round++) {
    for (let item = 0; item < 10; item++) {
      const series = window.series(LabelSet.from({ __name__: "a", item: `${round}-${item}` }), 1000);
      if (series === undefined || !window.append(series, round * 100, 1)) refused++;
      expect(window.sizeBytes).toBeLessThanOrEqual(20_000);
    }
  }
  expect(refused).toBeGreaterThan(0);
  window.trim(1e9);
  expect(window.sizeBytes).toBe(0);
  expect(window.seriesCount).toBe(0);
});

test("a full series grows only where there is room", () => {
  const window = new SampleWindow({ maxBytes: 1000 });
  const series = open(window, A, 1e9);
  const taken = Array.from({ length: 100 }, (_, index) => window.append(series, index, index)).filter(Boolean).length;
  expect(taken).toBe(32);
  expect(window.sizeBytes).toBeLessThanOrEqual(1000);
});
