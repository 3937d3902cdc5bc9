import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockSkew, type PairedTimes } from "../../../collector/stats/clock-skew.ts";
import { coordinatedOmission, correctedForOmission } from "../../../collector/stats/coordinated-omission.ts";
import { orderOfHistogram } from "../../../collector/stats/histogram-order.ts";
import { lagCorrelation } from "../../../collector/stats/lag-correlation.ts";
import { littleCheck, meanSecondsOf, recommendedWorkers } from "../../../collector/stats/littles-law.ts";
import { rankOf } from "../../../collector/stats/order-statistics.ts";
import { throughputLimit } from "../../../collector/stats/saturation.ts";
import { seededRandom } from "../../../collector/stats/seeded-random.ts";
import { recorded } from "./histogram-shape.ts";
import { autoregressive } from "./noise.ts";

describe("Little's law", () => {
  test("200 workers at 54/s take 3.7 s each; 250/s of 9 ms keep 2.25 busy", () => {
    expect(meanSecondsOf(200, 54)).toBeCloseTo(3.7, 1);
    expect(littleCheck(2.3, 250, 0.009)).toMatchObject({ expectedConcurrency: 2.25, isConsistent: true });
    // 300 workers were started where 2.25 were busy.
    expect(littleCheck(300, 250, 0.009).ratio).toBeCloseTo(133, 0);
    expect(littleCheck(300, 250, 0.009).isConsistent).toBe(false);
    expect(littleCheck(0, 0, 0)).toMatchObject({ ratio: Number.NaN, isConsistent: false });
    expect(recommendedWorkers(50, 0.8)).toBe(48);
    expect(recommendedWorkers(1, 0.001)).toBe(1);
  });
});

describe("coordinated omission", () => {
  /** One worker, 1 ms a request, and a stall of 1.5 s. */
  const closed = recorded([...Array.from({ length: 4500 }, () => 1), 1500]);

  test("what the generator says of itself decides first", () => {
    const flag = (input: Parameters<typeof coordinatedOmission>[1]) => coordinatedOmission(closed, input).flag;
    expect(flag({ correction: "broken", sent: 1, offered: 1 })).toBe("unusable");
    expect(flag({ correction: "corrected", sent: 1 })).toBe("free");
    expect(flag({ correction: "not_needed", sent: 100, offered: 100 })).toBe("free");
    expect(flag({ correction: "unknown", sent: 1 })).toBe("unknown");
    expect(flag({ correction: "unknown", sent: 1, workers: 2 })).toBe("closed");
    expect(flag({ correction: "raw", sent: 1 })).toBe("closed");
  });

  test("requests that were due and not sent are counted: 290 of 1200 dropped", () => {
    expect(coordinatedOmission(closed, { correction: "not_needed", sent: 910, offered: 1200 })).toEqual({
      flag: "omits",
      omitted: 290,
      omittedShare: 290 / 1200,
    });
    expect(coordinatedOmission(closed, { correction: "raw", sent: 1300, offered: 1200 })).toMatchObject({ flag: "free", omitted: 0 });
  });

  test("a closed loop hides its stalls: p99 of 1 ms would have been above 1 s", () => {
    const { flag, omitted, omittedShare } = coordinatedOmission(closed, { correction: "raw", sent: closed.count });
    expect(flag).toBe("closed");
    expect(Math.abs((omitted ?? 0) - 1499)).toBeLessThan(60);
    expect(omittedShare).toBeCloseTo(0.25, 1);
    const corrected = correctedForOmission(closed, 1);
    const p99 = (histogram: typeof closed) => orderOfHistogram(histogram).at(rankOf(0.99, histogram.count)).value;
    expect(p99(closed)).toBeCloseTo(1, 1);
    expect(p99(corrected)).toBeGreaterThan(1000);
    expect(corrected.max).toBe(1500);
    expect(() => correctedForOmission(closed, 0)).toThrow(RangeError);
    expect(coordinatedOmission(recorded([]), { correction: "raw", sent: 0 })).toMatchObject({ flag: "closed", omitted: undefined });
  });
});

describe("the limit of throughput", () => {
  const step = (offeredRps: number, finishedRps: number, inFlight?: number) => ({ offeredRps, finishedRps, inFlight });

  test("lies where more load only lengthens the queue", () => {
    expect(throughputLimit([step(10, 10, 1), step(60, 41, 200), step(20, 20, 2), step(40, 39.5, 5), step(80, 42, 300)])).toEqual({
      limitRps: 41.5,
      keptUpRps: 40,
      exceededRps: 60,
      inFlightGrowth: 125,
    });
  });

  test("is not seen while every step is kept up with, nor where throughput collapses", () => {
    expect(throughputLimit([step(10, 10), step(20, 20)])).toBeUndefined();
    expect(throughputLimit([step(10, 10), step(40, 35), step(80, 5)])).toBeUndefined();
    expect(throughputLimit([])).toBeUndefined();
    expect(throughputLimit([step(50, 20)])).toEqual({ limitRps: 20, keptUpRps: 0, exceededRps: 50, inFlightGrowth: undefined });
  });
});

describe("which moved first", () => {
  test("a series that follows by some steps is found to follow by these", () => {
    const random = seededRandom(14);
    for (const lag of [-7, 0, 3]) {
      const first = autoregressive(200, 0.6, random);
      const second = first.map((_, at) => 4 * (first[at - lag] ?? 0) + 100 + 2 * at);
      const found = lagCorrelation(first, second, 20);
      expect(found?.lag).toBe(lag);
      expect(found?.correlation).toBeGreaterThan(0.95);
    }
  });

  test("things that merely grow together do not correlate; constants and short series say nothing", () => {
    const random = seededRandom(15);
    const grown = (at: number) => at * 10;
    const [a, b] = [
      autoregressive(300, 0, random).map((value, at) => value + grown(at)),
      autoregressive(300, 0, random).map((value, at) => value + grown(at)),
    ];
    expect(Math.abs(lagCorrelation(a, b, 10)?.correlation ?? 1)).toBeLessThan(0.25);
    expect(lagCorrelation(a, Array(300).fill(3), 10)).toBeUndefined();
    expect(lagCorrelation([1, 2, 3], [1, 2, 3], 10)).toBeUndefined();
  });
});

describe("two clocks", () => {
  /** A request of some ms on a server whose clock is behind by `offset`. */
  const pair = fc.record({ start: fc.integer({ min: 0, max: 60_000 }), there: fc.nat(50), served: fc.nat(200), back: fc.nat(50) });
  const at =
    (offset: number) =>
    (request: { start: number; there: number; served: number; back: number }): PairedTimes => {
      const clientStartMs = 1.778e12 + request.start;
      const serverStartMs = clientStartMs + request.there - offset;
      return {
        clientStartMs,
        serverStartMs,
        serverEndMs: serverStartMs + request.served,
        clientEndMs: clientStartMs + request.there + request.served + request.back,
      };
    };

  test("the offset lies within the interval, which is as wide as the fastest way there and back", () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 50 }), fc.integer({ min: -5000, max: 5000 }), (requests, offset) => {
        const skew = clockSkew(requests.map(at(offset)));
        expect(skew).toMatchObject({ state: "consistent", fitting: requests.length, pairs: requests.length });
        expect(skew.lower).toBe(offset - Math.min(...requests.map(({ there }) => there)));
        expect(skew.upper).toBe(offset + Math.min(...requests.map(({ back }) => back)));
      }),
    );
  });

  test("a few wrong joins do not move it; a clock that drifts is told", () => {
    const requests = Array.from({ length: 100 }, (_, index) => ({ start: index * 500, there: 1 + (index % 7), served: 20, back: 2 + (index % 5) }));
    const good = requests.map(at(300));
    const wrong = { ...(good[0] as PairedTimes), serverStartMs: 0, serverEndMs: 20 };
    expect(clockSkew([...good, wrong, wrong])).toMatchObject({ state: "mostly", fitting: 100, pairs: 102, lower: 299, upper: 302 });
    expect(clockSkew(requests.map((request, index) => at(index * 10)(request))).state).toBe("drift");
    expect(clockSkew([])).toMatchObject({ state: "unknown", pairs: 0 });
    expect(clockSkew([{ clientStartMs: 0, clientEndMs: 5, serverStartMs: 0, serverEndMs: 50 }])).toMatchObject({ state: "drift", fitting: 0 });
  });
});
