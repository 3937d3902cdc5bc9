import fc from "fast-check";
import { expect, test } from "vitest";
import { Backoff } from "../../../collector/pipeline/backoff.ts";
import { GaveUp, retry } from "../../../collector/pipeline/retry.ts";
import { type RetryOnFailure, retryOnFailure } from "../../../collector/pipeline/settings.ts";
import { ShutdownClock } from "../../../collector/pipeline/shutdown.ts";
import { Refused, Rejected, type Sink } from "../../../collector/pipeline/sink.ts";
import { splitTooLarge } from "../../../collector/pipeline/split-too-large.ts";
import { basket, bodies, instantPace, logs } from "./river.ts";

const settings = (keys: object = {}): RetryOnFailure => retryOnFailure().parse({ randomization_factor: 0, ...keys });
const refused = (retryAfterMs = 0): Refused => new Refused("away", { retryAfterMs, overload: false });
const refusing = (times: number, retryAfterMs = 0) =>
  basket((_batch, attempt) => (attempt <= times ? Promise.reject(refused(retryAfterMs)) : undefined));

test("waits grow by the multiplier up to the longest, spread by the randomization", () => {
  const fixed = new Backoff({ initialMs: 5000, maxMs: 30_000, multiplier: 1.5, randomization: 0 });
  expect(Array.from({ length: 7 }, () => fixed.nextMs())).toEqual([5000, 7500, 11_250, 16_875, 25_312.5, 30_000, 30_000]);
  fixed.reset();
  expect(fixed.nextMs()).toBe(5000);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (drawn) => {
      const spread = new Backoff({ initialMs: 1000, maxMs: 9000, multiplier: 2, randomization: 0.5 }, () => drawn);
      const ms = spread.nextMs();
      expect(ms).toBeGreaterThanOrEqual(500);
      expect(ms).toBeLessThanOrEqual(1500);
    }),
  );
});

test("a refused batch is sent again until the target takes it", async () => {
  const pace = instantPace();
  const target = refusing(3);
  await retry(target.sink, { settings: settings(), shutdown: new ShutdownClock(1000), pace }).push(logs(2));
  expect(target.bodies()).toEqual(["log-0", "log-1"]);
  expect(pace.sleptMs).toEqual([5000, 7500, 11_250]);
});

test("a waiting time that the target gave is the least that is waited", async () => {
  const pace = instantPace();
  await retry(refusing(2, 6000).sink, { settings: settings(), shutdown: new ShutdownClock(1000), pace }).push(logs(1));
  expect(pace.sleptMs).toEqual([6000, 7500]);
});

test("L-02 when max_elapsed_time is over the retries give up with a reason, and 0 means for ever", async () => {
  const away = basket(() => Promise.reject(refused()));
  const limited = retry(away.sink, { settings: settings({ max_elapsed_time: "20s" }), shutdown: new ShutdownClock(1000), pace: instantPace() });
  await expect(limited.push(logs(1))).rejects.toMatchObject({ code: "REFUSED", reason: "retry_exhausted" });
  expect(away.attempts()).toBe(3);

  const slow = refusing(500);
  await retry(slow.sink, { settings: settings({ max_elapsed_time: 0 }), shutdown: new ShutdownClock(1000), pace: instantPace() }).push(logs(1));
  expect(slow.attempts()).toBe(501);
});

test("a rejection is final", async () => {
  const target = basket(() => Promise.reject(new Rejected("bad", { items: 1, reason: "send_failed" })));
  const sink = retry(target.sink, { settings: settings(), shutdown: new ShutdownClock(1000), pace: instantPace() });
  await expect(sink.push(logs(1))).rejects.toMatchObject({ code: "REJECTED" });
  expect(target.attempts()).toBe(1);
});

test("L-03 at shutdown what waits is tried at once, then for two seconds more", async () => {
  const shutdown = new ShutdownClock(60_000);
  const comesBack = refusing(1);
  const pushed = retry(comesBack.sink, { settings: settings({ initial_interval: "1h", max_interval: "1h", max_elapsed_time: 0 }), shutdown }).push(
    logs(1),
  );
  shutdown.begin();
  await pushed;
  expect(comesBack.attempts()).toBe(2);

  const away = basket(() => Promise.reject(refused()));
  const pace = instantPace();
  const last = retry(away.sink, { settings: settings(), shutdown, pace }).push(logs(1));
  await expect(last).rejects.toBeInstanceOf(GaveUp);
  await expect(last).rejects.toMatchObject({ reason: "shutdown" });
  expect(pace.sleptMs).toEqual(Array(20).fill(100));
  expect(away.attempts()).toBe(21);
  pace.sleptMs.length = 0;

  const flaky = refusing(7);
  await retry(flaky.sink, { settings: settings(), shutdown, pace }).push(logs(1));
  expect(flaky.attempts()).toBe(8);
  pace.sleptMs.length = 0;

  const saysWhen = refusing(2, 1);
  await retry(saysWhen.sink, { settings: settings(), shutdown, pace }).push(logs(1));
  expect([saysWhen.attempts(), pace.sleptMs]).toEqual([3, [100, 100]]);
  shutdown.end();
});

/** A target that takes at most `most` items a request, and no item whose body is "huge…". */
function narrow(most: number): ReturnType<typeof basket> {
  return basket((batch) =>
    batch.count > most || bodies(batch).some((body) => body.startsWith("huge"))
      ? Promise.reject(new Rejected("request entity too large", { items: batch.count, reason: "too_large" }))
      : undefined,
  );
}

test("L-09 a batch that is too large is halved until it fits, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), async (count, most) => {
      const target = narrow(most);
      await splitTooLarge(target.sink).push(logs(count));
      expect(target.bodies()).toEqual(bodies(logs(count)));
    }),
  );
});

test("L-09 one oversized record is lost alone, its neighbours arrive", async () => {
  const target = narrow(100);
  const batch = logs(5, "a").concat([logs(1, "huge"), logs(6, "b")]);
  await expect(splitTooLarge(target.sink).push(batch)).rejects.toMatchObject({
    code: "REJECTED",
    items: 1,
    parts: [{ reason: "too_large", items: 1 }],
  });
  expect(target.bodies()).toEqual([...bodies(logs(5, "a")), ...bodies(logs(6, "b"))]);
});

test("a piece that is refused where nobody owns the batch refuses the whole", async () => {
  const target: Sink = {
    push: (batch) =>
      Promise.reject(
        batch.count > 1 ? new Rejected("large", { items: batch.count, reason: "too_large" }) : bodies(batch)[0] === "log-1" ? refused(50) : undefined,
      ),
  };
  const half: Sink = { push: (batch) => (bodies(batch).join() === "log-0" ? Promise.resolve() : target.push(batch)) };
  await expect(splitTooLarge(half).push(logs(2))).rejects.toMatchObject({ code: "REFUSED", retryAfterMs: 50 });
});
