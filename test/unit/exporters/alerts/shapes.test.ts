import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import { at, buckets, counter, deltaCounter, gauge, histogram, metric, number } from "../prometheus/lab.ts";
import { type AlertLab, openAlertLab, ruleFile } from "./lab.ts";

/** Which rules fire after some pushes: a rule per expression. */
async function firingAfter(expressions: Readonly<Record<string, string>>, feed: (lab: AlertLab) => Promise<void>): Promise<readonly string[]> {
  const rules = Object.entries(expressions).map(([alert, expr]) => ({ alert, expr }));
  await using file = await ruleFile(JSON.stringify({ groups: [{ name: "shapes", rules }] }));
  await using lab = await openAlertLab({ rules: [file.path] });
  await feed(lab);
  lab.evaluateAt(60);
  return Object.keys(expressions).filter((alertname) => lab.meter("pitwall_alerts_firing", { alertname }) > 0);
}

test("a histogram is read as buckets with canonical bounds, a sum and a count", async () => {
  const firing = await firingAfter(
    {
      lower: 'd_seconds_bucket{le="1.0"} == 3',
      upper: 'd_seconds_bucket{le="2.5"} == 5',
      whole: 'd_seconds_bucket{le="+Inf"} == 6',
      sum: "d_seconds_sum == 4.5",
      count: "d_seconds_count == 6",
      three: "count(d_seconds_bucket) == 3",
      never: 'd_seconds_bucket{le="1"}',
    },
    async (lab) => {
      lab.moveTo(59);
      await lab.push(metric("d", histogram(buckets([3, 2, 1], [1, 2.5], { time: 59, sum: 4.5 })), { unit: "s" }));
    },
  );
  expect(firing).toEqual(["lower", "upper", "whole", "sum", "count", "three"]);
});

test("buckets of other bounds end the ones before", async () => {
  const firing = await firingAfter({ old: 'd_bucket{le="1.0"}', now: 'd_bucket{le="4.0"} == 2', whole: 'd_bucket{le="+Inf"} == 3' }, async (lab) => {
    lab.moveTo(50);
    await lab.push(metric("d", histogram(buckets([3, 1], [1], { time: 50 }))));
    lab.moveTo(55);
    await lab.push(metric("d", histogram(buckets([2, 1], [4], { time: 55, start: 52 }))));
  });
  expect(firing).toEqual(["now", "whole"]);
});

test("an exponential histogram is read in power-of-two buckets", async () => {
  const firing = await firingAfter({ bucket: 'd_bucket{le="4.0"} == 5', count: "d_count == 6", sum: "d_sum == 20" }, async (lab) => {
    lab.moveTo(59);
    const point = {
      attributes: Attributes.EMPTY,
      timeUnixNano: at(59),
      startUnixNano: at(0),
      flags: 0,
      count: 6n,
      sum: 20,
      min: undefined,
      max: undefined,
      scale: 0,
      zeroCount: 0n,
      zeroThreshold: 0,
      positive: { offset: 0, bucketCounts: [2n, 3n, 1n] },
      negative: undefined,
      exemplars: [],
    };
    await lab.push(metric("d", { type: "exponential_histogram", temporality: 2, points: [point] }));
  });
  expect(firing).toEqual(["bucket", "count", "sum"]);
});

test("a summary is read by quantile", async () => {
  const firing = await firingAfter(
    { half: 's{quantile="0.5"} == 1', high: 's{quantile="0.99"} == 7', count: "s_count == 10", sum: "s_sum == 30" },
    async (lab) => {
      lab.moveTo(59);
      const quantiles = [
        { quantile: 0.5, value: 1 },
        { quantile: 0.99, value: 7 },
      ];
      const point = { attributes: Attributes.EMPTY, timeUnixNano: at(59), startUnixNano: at(0), flags: 0, count: 10n, sum: 30, quantiles };
      await lab.push(metric("s", { type: "summary", points: [point] }));
    },
  );
  expect(firing).toEqual(["half", "high", "count", "sum"]);
});

test("a counter that is born in the middle of the run is counted from zero", async () => {
  const firing = await firingAfter({ whole: "increase(c_total[30s]) > 90" }, async (lab) => {
    for (let seconds = 10; seconds <= 60; seconds += 5) {
      lab.moveTo(seconds);
      const known = number(seconds, { time: seconds, start: 0, attributes: { code: "200" } });
      const born = number(100, { time: seconds, start: 0, attributes: { code: "429" } });
      await lab.push(metric("c", counter(...(seconds < 45 ? [known] : [known, born]))));
    }
  });
  expect(firing).toEqual(["whole"]);
});

test("deltas are added up, big ints are numbers, and a point without value ends a series", async () => {
  const firing = await firingAfter({ added: "c_total == 30", big: "b > 9e18", gone: "g", absent: "absent(g)" }, async (lab) => {
    for (const seconds of [10, 20, 30]) {
      lab.moveTo(seconds);
      await lab.push(
        metric("c", deltaCounter(number(10, { time: seconds, start: seconds - 10 }))),
        metric("b", gauge(number(9_223_372_036_854_775_807n, { time: seconds }))),
        metric("g", gauge(number(1, { time: seconds, flags: seconds === 30 ? 1 : 0 }))),
      );
    }
  });
  expect(firing).toEqual(["added", "big", "absent"]);
});
