import { expect, test } from "vitest";
import { LossLedger } from "../../../collector/pipeline/loss-ledger.ts";

test("what entered is exported, dropped with a reason, or still in flight", () => {
  const ledger = new LossLedger();
  ledger.received("otlp", "traces", 10);
  ledger.copied("traces", 10);
  ledger.exported("debug", "traces", 10);
  ledger.exported("otlp_http", "traces", 6);
  ledger.dropped("otlp_http", "send_failed", "traces", 3);
  expect(ledger.balance("traces")).toEqual({ signal: "traces", received: 10, copied: 10, exported: 16, dropped: 3, inFlight: 1 });
  expect(ledger.droppedRows()).toEqual([{ component: "otlp_http", reason: "send_failed", signal: "traces", items: 3 }]);
  expect(ledger.balance("logs")).toEqual({ signal: "logs", received: 0, copied: 0, exported: 0, dropped: 0, inFlight: 0 });
});
