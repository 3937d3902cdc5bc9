import fc from "fast-check";
import { expect, test } from "vitest";
import { requestPermits } from "../../../../loadtest/instrument/instrument.ts";
import { collecting, onlyValue } from "./collect.ts";

const AVAILABLE = "genarrative.http.server.request_permits.available";

test("permits are never negative and never more than the limit, whatever the order of takes and gives", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.integer({ min: -1, max: 20 }), { maxLength: 200 }), (limit, steps) => {
      const permits = requestPermits(collecting().telemetry.meter, limit);
      const releases: (() => void)[] = [];
      const held = new Set<number>();
      for (const step of steps) {
        if (step < 0) {
          const before = permits.available;
          const release = permits.acquire();
          expect(release === undefined).toBe(before === 0);
          if (release !== undefined) held.add(releases.push(release) - 1);
        } else if (releases.length > 0) {
          // May give back the same one twice.
          const index = step % releases.length;
          releases[index]?.();
          held.delete(index);
        }
        expect(permits.available).toBe(limit - held.size);
      }
    }),
    { numRuns: 50 },
  );
});

test("a dip between two exports is in the minimum of the next one, and only there", async () => {
  const { telemetry, metrics } = collecting();
  const permits = requestPermits(telemetry.meter, 3);
  const first = permits.acquire();
  const second = permits.acquire();
  first?.();
  second?.();
  const exported = await metrics();
  expect(onlyValue(exported, AVAILABLE)).toBe(3);
  expect(onlyValue(exported, `${AVAILABLE}.min`)).toBe(1);
  expect(onlyValue(exported, "genarrative.http.server.request_permits.limit")).toBe(3);
  permits.acquire();
  const next = await metrics();
  expect(onlyValue(next, AVAILABLE)).toBe(2);
  expect(onlyValue(next, `${AVAILABLE}.min`)).toBe(2);
  expect(next.find((metric) => metric.descriptor.name === AVAILABLE)?.descriptor.unit).toBe("{permit}");
});

test("a limit that is not a positive whole number is refused", () => {
  const { meter } = collecting().telemetry;
  for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => requestPermits(meter, limit)).toThrow(RangeError);
});
