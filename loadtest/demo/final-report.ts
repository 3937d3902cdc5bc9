import type { DriveResult } from "../driver/drive-result.ts";
import type { FlowView, ServerView } from "./collector-view.ts";
import type { Ledger } from "./ledger.ts";
import type { Reconciliation } from "./reconcile.ts";
import { formatCount, formatTable } from "./table.ts";

/** What the server itself counted, from its last log line. */
export interface ServerCounts {
  readonly requests: number;
  readonly storeReads: number;
}

export interface DemoFacts {
  readonly driven: DriveResult;
  readonly server: ServerView;
  readonly flow: FlowView;
  readonly counted: ServerCounts;
  readonly reconciliation: Reconciliation;
  readonly ledger: Ledger;
  readonly scrapeUrl: string;
}

/** What is not as it must be, in words; empty = the demo succeeded. */
export function findFaults({ flow, counted, reconciliation, ledger }: DemoFacts): readonly string[] {
  const faults = reconciliation.disagreements.map((disagreement) => `requests disagree: ${disagreement}`);
  if (!ledger.isBalanced) faults.push("the loss ledger is not balanced: the collector cannot account for all it received");
  const compare = (what: string, sent: number, arrived: number) => {
    if (sent !== arrived) faults.push(`the server made ${formatCount(sent)} ${what}, and ${formatCount(arrived)} reached the collector`);
  };
  compare("spans", counted.requests + counted.storeReads, flow.spans);
  compare("log records", counted.requests, flow.logRecords);
  return faults;
}

/** The tables of the end, for stdout. */
export function renderReport(facts: DemoFacts): string {
  const { driven, flow, counted, reconciliation, ledger, server } = facts;
  const drops = driven.dropped === 0 ? "" : `; ${formatCount(driven.dropped)} more were due while too many were under way and not sent`;
  return [
    `The driver sent ${formatCount(driven.sent)} requests in ${(driven.elapsedMs / 1000).toFixed(1)} s${drops}.`,
    "",
    "Latency from the intended start, as the client saw it (ms)",
    formatTable(
      ["endpoint", "sent", "ok", "429", "failed", "p50", "p95", "p99", "max"],
      driven.endpoints.map(({ name, sent, outcomes, latency }) => [
        name,
        formatCount(sent),
        formatCount(outcomes.ok),
        formatCount(outcomes.http_429),
        formatCount(sent - outcomes.ok - outcomes.http_429),
        ...[latency?.p50Ms, latency?.p95Ms, latency?.p99Ms, latency?.maxMs].map((ms) => ms?.toFixed(1) ?? "–"),
      ]),
    ),
    "",
    "Requests by route and status: counted by the driver, and by the server's metrics as the collector's scrape endpoint gave them",
    formatTable(
      ["route", "status", "driver", "collector"],
      reconciliation.rows.map((row) => [
        row.route || "(no route)",
        String(row.status),
        formatCount(row.driver),
        `${formatCount(row.server)}${row.server === row.driver ? " =" : " ≠"}`,
      ]),
    ),
    "",
    "Telemetry: counted by the server itself, and by the collector",
    formatTable(
      ["", "server", "collector"],
      [
        ["spans (requests + store reads)", formatCount(counted.requests + counted.storeReads), formatCount(flow.spans)],
        ["log records (requests)", formatCount(counted.requests), formatCount(flow.logRecords)],
        ["metric points", "–", formatCount(flow.metricPoints)],
        ["cache rebuilds", "–", formatCount(server.cacheRebuilds)],
      ],
    ),
    "",
    "Loss ledger of the collector (items; copied = sent to a second exporter)",
    formatTable(
      ["signal", "received", "copied", "exported", "dropped", "in flight"],
      ledger.rows.map((row) => [row.signal, ...[row.received, row.copied, row.exported, row.dropped, row.inFlight].map(formatCount)]),
    ),
    ...ledger.losses.map((loss) => `  dropped ${loss}`),
    `  ${ledger.isBalanced ? "balanced: received + copied = exported + dropped" : "NOT balanced"}`,
    "",
    `Scraped from ${facts.scrapeUrl} (open while the demo runs; --keep leaves it open)`,
    "",
  ].join("\n");
}
