import { expect, test } from "vitest";
import { parseLedger } from "../../../../loadtest/demo/ledger.ts";
import { reconcile } from "../../../../loadtest/demo/reconcile.ts";
import { type EndpointResult, emptyOutcomes } from "../../../../loadtest/driver/drive-result.ts";

function endpoint(name: string, sent: number, statuses: readonly (readonly [number, number])[]): EndpointResult {
  return { name, sent, outcomes: emptyOutcomes(), statuses: new Map(statuses), latency: undefined, p95Phases: undefined, bodyBytes: 0 };
}

const served = (route: string, ...statuses: readonly (readonly [number, number])[]) => new Map([[route, new Map(statuses)]]);

test("equal counts agree", () => {
  const { rows, disagreements } = reconcile(
    [
      endpoint("/a", 12, [
        [200, 10],
        [429, 2],
      ]),
    ],
    served("/a", [200, 10], [429, 2]),
  );
  expect(disagreements).toEqual([]);
  expect(rows).toEqual([
    { route: "/a", status: 200, driver: 10, server: 10 },
    { route: "/a", status: 429, driver: 2, server: 2 },
  ]);
});

test("requests that the driver gave up may be counted by the server, but no more of them than there were", () => {
  const gaveUp = [endpoint("/a", 12, [[200, 10]])];
  expect(reconcile(gaveUp, served("/a", [200, 11], [499, 1])).disagreements).toEqual([]);
  expect(reconcile(gaveUp, served("/a", [200, 13])).disagreements).toHaveLength(1);
});

test("a response that the server does not know, a status that differs and a route nobody asked for are disagreements", () => {
  expect(reconcile([endpoint("/a", 10, [[200, 10]])], served("/a", [200, 9])).disagreements).toHaveLength(1);
  expect(reconcile([endpoint("/a", 10, [[200, 10]])], served("/a", [200, 9], [500, 1])).disagreements).toHaveLength(1);
  expect(reconcile([endpoint("/a", 10, [[200, 10]])], new Map()).disagreements).toHaveLength(1);
  expect(reconcile([], served("", [404, 1])).disagreements[0]).toContain("(no route)");
});

test("the ledger line is read, and its balance is computed, not believed", () => {
  const row = { received: 10, copied: 5, exported: 12, dropped: 3, inFlight: 0 };
  const line = {
    msg: "ledger",
    ledger: { traces: row, metrics: row, logs: row },
    losses: [{ signal: "logs", component: "filter", reason: "filtered", items: 3 }],
  };
  expect(parseLedger({ ...line, balanced: false })).toMatchObject({ isBalanced: true, losses: ["3 of logs in filter: filtered"] });
  const holed = { ...line, ledger: { ...line.ledger, logs: { ...row, dropped: 2 } } };
  expect(parseLedger({ ...holed, balanced: true })?.isBalanced).toBe(false);
  expect(parseLedger({ ...line, ledger: { traces: row } })?.isBalanced).toBe(false);
  expect(parseLedger({ msg: "ledger" })).toBeUndefined();
});
