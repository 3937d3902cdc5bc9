import { expect, test } from "vitest";
import { diagnose } from "../../../collector/diagnose/diagnose.ts";
import { joinsOf } from "../../../collector/diagnose/digest/joins-of.ts";
import type { LedgerJoin, LedgerLoss, RunLedger } from "../../../collector/model/ledger.ts";
import { ledgerOf } from "./ledger-builder.ts";

const loss = (concerns?: LedgerLoss["concerns"]): LedgerLoss => ({
  component: "alerts",
  signal: "metrics",
  reason: "out_of_order",
  items: 5,
  ...(concerns === undefined ? {} : { concerns }),
});
const judged = (losses: readonly LedgerLoss[]) => {
  const { gaps, verdict } = diagnose(ledgerOf().client("GET /a", { ok: 900, reset: 100 }).with({ losses }).ledger());
  return { isGap: gaps.some(({ id }) => id === "telemetry-lost"), told: verdict.reasons.some((reason) => reason.includes("Telemetry was lost")) };
};

test("what an exporter lost, or what is only kept less exactly, is no gap and costs no confidence", () => {
  expect(judged([loss("elsewhere"), loss("detail")])).toEqual({ isGap: false, told: false });
  expect(judged([loss("elsewhere"), loss()])).toEqual({ isGap: true, told: true });
});

test("joined requests that failed are in no mean", () => {
  const join: LedgerJoin = { second: 10, endpoint: 0, by: "trace", parts: { app: { n: 1, sum: 20 } }, count: 1 };
  const timedOut: LedgerJoin = { ...join, parts: { app: { n: 1, sum: 30_000 } }, failed: true };
  const ledger: RunLedger = { ...ledgerOf().ledger(), joins: [join, timedOut] };
  expect(joinsOf(ledger, "", { name: "load", phase: undefined, startSecond: 0, endSecond: 20 })).toEqual({
    joins: { app: { n: 1, sum: 20 } },
    joinedRequests: 1,
    joinedBy: "trace",
  });
});
