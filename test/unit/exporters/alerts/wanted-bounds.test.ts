import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Metric } from "../../../../collector/model/metric.ts";
import { at, buckets, histogram, metric } from "../prometheus/lab.ts";
import { openAlertLab, ruleFile } from "./lab.ts";

const DURATION = "http.server.request.duration";
type Feed = (seconds: number) => readonly Metric[];

/** Requests of a server whose histogram has these bounds, 10 in each bucket. */
const explicit =
  (bounds: readonly number[], attributes: Readonly<Record<string, string | number>> = {}): Feed =>
  (seconds) => {
    const counts = [...bounds, 0].map(() => seconds * 10);
    return [metric(DURATION, histogram(buckets(counts, bounds, { time: seconds, start: 0, sum: 1, attributes })), { unit: "s" })];
  };

/** Scale 0: bucket `offset + i` ends at 2^(offset + i + 1). */
const exponential =
  (offset: number): Feed =>
  (seconds) => {
    const point = {
      attributes: Attributes.EMPTY,
      timeUnixNano: at(seconds),
      startUnixNano: at(0),
      flags: 0,
      count: BigInt(seconds * 10),
      sum: 1,
      min: undefined,
      max: undefined,
      scale: 0,
      zeroCount: 0n,
      zeroThreshold: 0,
      positive: { offset, bucketCounts: [BigInt(seconds * 10)] },
      negative: undefined,
      exemplars: [],
    };
    return [metric(DURATION, { type: "exponential_histogram", temporality: 2, points: [point] }, { unit: "s" })];
  };

async function warnings(feed: Feed, settings: object = {}): Promise<readonly { readonly message: string; readonly fields: object }[]> {
  await using lab = await openAlertLab(settings);
  for (let seconds = 5; seconds <= 30; seconds += 5) {
    lab.moveTo(seconds);
    await lab.push(...feed(seconds));
    lab.evaluateAt(seconds);
  }
  return lab.around.log.lines
    .filter(({ level, message }) => level === "warn" && message.includes("bucket"))
    .map(({ message, fields }) => ({ message, fields }));
}

test("a server with bounds of its own: that LatencySLOBurning can never fire is told once, with what to do", async () => {
  expect(await warnings(explicit([0.1, 1, 30]))).toEqual([
    {
      message: "the rule LatencySLOBurning can never find its bucket: none of http_server_request_duration_seconds_bucket ends at 2 or 2.5",
      fields: {
        rule: "LatencySLOBurning",
        metric: "http_server_request_duration_seconds_bucket",
        wanted: ["2", "2.5"],
        bounds: ["0.1", "1.0", "30.0", "+Inf"],
        hint: expect.stringContaining("thresholds.latency_target_seconds"),
      },
    },
  ]);
});

test("the same server with a target that one of its buckets ends at is nothing to tell", async () => {
  expect(await warnings(explicit([0.1, 3, 30]), { thresholds: { latency_target_seconds: 3 } })).toEqual([]);
});

test.each([
  ["the advised bounds", explicit([1, 2.5, 5])],
  ["bounds with the target itself", explicit([0.5, 2])],
  ["an exponential histogram", exponential(0)],
  ["an exponential histogram in which nothing has been slow so far", exponential(-4)],
  ["series that the rule does not select", explicit([0.1], { "http.response.status_code": 429 })],
])("%s: nothing to tell", async (_, feed) => {
  expect(await warnings(feed)).toEqual([]);
});

test("an exponential histogram of nothing but slow requests has no bucket at the target", async () => {
  expect(await warnings(exponential(2))).toMatchObject([{ fields: { bounds: ["8.0", "+Inf"] } }]);
});

test("one evaluation is not enough, nor are evaluations without points", async () => {
  await using lab = await openAlertLab();
  lab.moveTo(5);
  await lab.push(...explicit([0.1])(5));
  for (const seconds of [5, 10, 15]) lab.evaluateAt(seconds);
  expect(lab.around.log.lines.filter(({ level }) => level === "warn")).toEqual([]);
});

test("a rule of one's own: with `or` one bucket is enough, without it each is wanted", async () => {
  const bucket = (le: string) => `http_server_request_duration_seconds_bucket{le="${le}"}`;
  const rules = [
    { alert: "Either", expr: `rate(${bucket("1.0")}[1m]) or rate(${bucket("7.0")}[1m]) > 1e9` },
    { alert: "Both", expr: `sum(rate(${bucket("1.0")}[1m])) + sum(rate(${bucket("7.0")}[1m])) > 1e9` },
  ];
  await using file = await ruleFile(JSON.stringify({ groups: [{ name: "own", rules }] }));
  expect((await warnings(explicit([1]), { rules: [file.path] })).map(({ fields }) => fields)).toMatchObject([{ rule: "Both", wanted: ["7"] }]);
});

test("an exponential histogram that turns slow: LatencySLOBurning fires, and not for the requests that were quick", async () => {
  await using lab = await openAlertLab();
  const firing = () => lab.meter("pitwall_alerts_firing", { alertname: "LatencySLOBurning" });
  const quick = { offset: -2, each: 50 };
  let slow = 0;
  for (let seconds = 5; seconds <= 180; seconds += 5) {
    // From 60 s on one in a thousand takes 3 s, from 120 s on half of them.
    if (seconds >= 60) slow += seconds >= 120 ? quick.each * 5 : 1;
    const [one] = exponential(-2)(seconds * 5);
    const [point] = one?.data.type === "exponential_histogram" ? one.data.points : [];
    if (point === undefined) throw new Error("no point");
    const fast = BigInt(seconds * quick.each);
    const next = {
      ...point,
      timeUnixNano: at(seconds),
      count: fast + BigInt(slow),
      positive: { offset: quick.offset, bucketCounts: slow === 0 ? [fast] : [fast, 0n, 0n, BigInt(slow)] },
    };
    lab.moveTo(seconds);
    await lab.push(metric(DURATION, { type: "exponential_histogram", temporality: 2, points: [next] }, { unit: "s" }));
    lab.evaluateAt(seconds);
    if (seconds < 120) expect(firing(), `${seconds} s`).toBe(0);
  }
  expect(firing()).toBe(1);
});
