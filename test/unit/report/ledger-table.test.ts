import { expect, test } from "vitest";
import { LossLedger } from "../../../collector/pipeline/loss-ledger.ts";
import { ledgerFields, renderLedgerTable } from "../../../collector/report/ledger-table.ts";

function ledger(): LossLedger {
  const books = new LossLedger();
  books.received("otlp", "traces", 12_345);
  books.copied("traces", 12_345);
  books.exported("debug", "traces", 12_345);
  books.exported("otlp_http", "traces", 12_300);
  books.dropped("otlp_http", "send_failed", "traces", 45);
  books.received("otlp", "metrics", 7);
  books.exported("prometheus", "metrics", 7);
  return books;
}

test("what came in and went out stands in columns, each loss with component and reason", () => {
  expect(renderLedgerTable(ledger())).toBe(`loss ledger   received  copied  exported  dropped  in flight
traces          12,345  12,345    24,645       45          0
metrics              7       0         7        0          0
  dropped 45 spans in otlp_http: send_failed
balanced: received + copied = exported + dropped
`);
});

test("what is unaccounted for is said", () => {
  const books = ledger();
  books.received("otlp", "logs", 3);
  expect(renderLedgerTable(books)).toContain("not balanced: 3 items are unaccounted for");
  expect(ledgerFields(books)).toMatchObject({ balanced: false, ledger: { logs: { received: 3, inFlight: 3 } } });
});

test("opposite imbalances of two signals do not cancel", () => {
  const books = new LossLedger();
  books.received("otlp", "logs", 3);
  books.exported("debug", "traces", 3);
  expect(renderLedgerTable(books)).toContain("not balanced: 6 items");
  expect(ledgerFields(books)).toMatchObject({ balanced: false });
});

test("a run without data says so", () => {
  expect(renderLedgerTable(new LossLedger())).toBe("loss ledger: nothing was received\n");
  expect(ledgerFields(ledger())).toMatchObject({
    balanced: true,
    losses: [{ component: "otlp_http", reason: "send_failed", signal: "traces", items: 45 }],
  });
});
