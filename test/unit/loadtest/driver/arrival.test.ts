import fc from "fast-check";
import { expect, test } from "vitest";
import { arrivalTimes, totalDurationMs } from "../../../../loadtest/driver/arrival.ts";

test("a constant rate gives rate times duration arrivals, evenly spaced", () => {
  const times = [...arrivalTimes({ kind: "constant", perSecond: 50, durationMs: 2000 })];
  expect(times).toHaveLength(100);
  expect(times[0]).toBeCloseTo(10);
  for (let index = 1; index < times.length; index++) expect((times[index] as number) - (times[index - 1] as number)).toBeCloseTo(20);
});

test("a ramp gives as many arrivals as the area below it, more of them towards its high end", () => {
  const rate = { kind: "ramping", startPerSecond: 0, stages: [{ toPerSecond: 100, durationMs: 4000 }] } as const;
  const times = [...arrivalTimes(rate)];
  expect(times).toHaveLength(200);
  expect(times.filter((time) => time < 2000)).toHaveLength(50);
  expect(totalDurationMs(rate)).toBe(4000);
});

test("rates and durations that are negative or not finite are refused", () => {
  expect(() => [...arrivalTimes({ kind: "constant", perSecond: -1, durationMs: 1000 })]).toThrow(RangeError);
  expect(() => [...arrivalTimes({ kind: "ramping", startPerSecond: 1, stages: [{ toPerSecond: Number.NaN, durationMs: 1 }] })]).toThrow(RangeError);
});

test("for any course of rates: ascending, within the duration, and the number is the area", () => {
  const stage = fc.record({ toPerSecond: fc.integer({ min: 0, max: 500 }), durationMs: fc.integer({ min: 0, max: 5000 }) });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.array(stage, { maxLength: 5 }), (startPerSecond, stages) => {
      const rate = { kind: "ramping", startPerSecond, stages } as const;
      const times = [...arrivalTimes(rate)];
      let from = startPerSecond;
      let area = 0;
      for (const { toPerSecond, durationMs } of stages) {
        area += ((from + toPerSecond) / 2) * (durationMs / 1000);
        from = toPerSecond;
      }
      expect(Math.abs(times.length - area)).toBeLessThanOrEqual(0.5 + 1e-6);
      for (let index = 0; index < times.length; index++) {
        expect(times[index]).toBeGreaterThanOrEqual(times[index - 1] ?? 0);
        expect(times[index]).toBeLessThanOrEqual(totalDurationMs(rate) + 1e-6);
      }
    }),
    { numRuns: 60 },
  );
});
