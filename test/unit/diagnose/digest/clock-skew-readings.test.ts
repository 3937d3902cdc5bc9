import { expect, test } from "vitest";
import { clockSkewReadings } from "../../../../collector/diagnose/digest/clock-skew-readings.ts";
import { ledgerOf } from "../ledger-builder.ts";

/** Server clock `ahead` ms ahead, `out` ms under way to it, `back` ms back. */
const pair = (at: number, ahead: number, out: number, back: number) => ({
  outerStartMs: at,
  outerEndMs: at + out + 20 + back,
  innerStartMs: at + out + ahead,
  innerEndMs: at + out + 20 + ahead,
});

test("the offset of each two clocks is the interval that all their pairs allow", () => {
  const ledger = ledgerOf()
    .pair("client", "proxy", pair(0, 500, 2, 9))
    .pair("client", "proxy", pair(100, 500, 7, 1))
    .pair("proxy", "application", pair(0, 0, 1, 1))
    .ledger();
  expect(clockSkewReadings(ledger)).toEqual([
    { outer: "client", inner: "proxy", lowerMs: -502, upperMs: -499, state: "consistent", pairs: 2 },
    { outer: "proxy", inner: "application", lowerMs: -1, upperMs: 1, state: "consistent", pairs: 1 },
  ]);
});

test("clocks that drift have no one offset, and a pair that cannot be leaves none at all", () => {
  const drifting = ledgerOf();
  for (let at = 0; at < 20; at++) drifting.pair("client", "application", pair(at * 1000, at * 30, 1, 1));
  expect(clockSkewReadings(drifting.ledger())[0]?.state).toBe("drift");
  const wrong = ledgerOf().pair("client", "application", { outerStartMs: 0, outerEndMs: 10, innerStartMs: 0, innerEndMs: 50 });
  expect(clockSkewReadings(wrong.ledger())).toEqual([
    { outer: "client", inner: "application", lowerMs: undefined, upperMs: undefined, state: "drift", pairs: 1 },
  ]);
});

test("requests that the server took up after their clients had gone are no drift", () => {
  const stood = ledgerOf();
  for (let at = 0; at < 80; at++) stood.pair("client", "application", pair(at * 100, 0, 1, 1));
  for (let at = 0; at < 30; at++)
    stood.pair("client", "application", { outerStartMs: at * 100, outerEndMs: at * 100 + 3000, innerStartMs: 4000 + at, innerEndMs: 4002 + at });
  expect(clockSkewReadings(stood.ledger())[0]).toMatchObject({ state: "mostly", lowerMs: -1, upperMs: 1 });
});

test("no pair, no reading", () => {
  expect(clockSkewReadings(ledgerOf().ledger())).toEqual([]);
});
