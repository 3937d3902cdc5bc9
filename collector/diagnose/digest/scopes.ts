import type { LedgerCell, RunLedger } from "../../model/ledger.ts";
import type { RunPhase } from "../../model/run.ts";
import { decodeHistogram } from "../../stats/histogram-bytes.ts";
import type { Scope } from "../digest-types.ts";

/** When the load was on. Unix seconds, `endSecond` not in it any more. */
export interface LoadWindow {
  readonly startSecond: number;
  readonly endSecond: number;
  /** Until when requests of the load still ended: the end of the load, or a little after it. */
  readonly tailSecond: number;
  /** `run`: whoever started the generator said it. `requests`: from the first and last request seen. `none`: no request was seen at all. */
  readonly from: "run" | "requests" | "none";
}

/** s. Requests that were under way when the generator stopped are waited for so long where no timeout of the client is known. */
const DEFAULT_TAIL_SECONDS = 10;
/** s. The same where the end of the load is the client's last request: nothing was under way but what it had given up. */
const SHORT_TAIL_SECONDS = 1;
const LONGEST_TAIL_SECONDS = 120;
/** Scopes of these kinds are rest, not load. */
const REST = new Set<RunPhase["kind"]>(["before", "after"]);

/** When the load was on: as the run says, else from the client's first and last request, else from those of the next hop that saw any. */
export function loadWindow(ledger: RunLedger): LoadWindow {
  const { loadStartUnixMs, loadEndUnixMs } = ledger.run;
  const seen = secondsSeen(ledger);
  if (loadStartUnixMs === undefined && seen === undefined) {
    const startSecond = Math.floor(ledger.run.startUnixMs / 1000);
    const endSecond = Math.max(startSecond, Math.ceil((ledger.run.endUnixMs ?? ledger.run.startUnixMs) / 1000));
    return { startSecond, endSecond, tailSecond: endSecond, from: "none" };
  }
  const startSecond = loadStartUnixMs === undefined ? (seen as Seconds).first : Math.floor(loadStartUnixMs / 1000);
  const said = loadEndUnixMs === undefined ? undefined : Math.ceil(loadEndUnixMs / 1000);
  const endSecond = Math.max(startSecond, said ?? (seen === undefined ? startSecond : seen.last + 1));
  const tailSecond = tailOf(ledger, endSecond, said === undefined ? SHORT_TAIL_SECONDS : DEFAULT_TAIL_SECONDS);
  return { startSecond, endSecond, tailSecond, from: loadStartUnixMs === undefined || loadEndUnixMs === undefined ? "requests" : "run" };
}

/** The whole load first, then each phase of it in its order; `before` and `after` are none of it. */
export function scopesOf(window: LoadWindow, phases: readonly RunPhase[]): readonly Scope[] {
  const load: Scope = { name: "load", phase: undefined, startSecond: window.startSecond, endSecond: window.tailSecond };
  const parts = phases
    .filter(({ kind }) => !REST.has(kind))
    .map((phase) => ({
      name: phase.name,
      phase,
      startSecond: Math.round(phase.startUnixMs / 1000),
      endSecond: Math.round(phase.endUnixMs / 1000),
    }))
    .filter(({ startSecond, endSecond }) => endSecond > startSecond);
  return [load, ...parts];
}

interface Seconds {
  readonly first: number;
  readonly last: number;
}

function secondsSeen(ledger: RunLedger): Seconds | undefined {
  for (const hop of ["client", "proxy", "application"] as const) {
    if (hop === "proxy") {
      const told = aggregateSeconds(ledger);
      if (told !== undefined) return told;
    }
    let [first, last] = [Infinity, -Infinity];
    for (const cell of ledger.cells) if (cell.hop === hop) [first, last] = [Math.min(first, cell.second), Math.max(last, cell.second)];
    if (first <= last) return { first, last };
  }
  return undefined;
}

/** A generator that only gives sums may still say from when to when they are. */
function aggregateSeconds({ aggregates, facts }: RunLedger): Seconds | undefined {
  let [first, last] = [Infinity, -Infinity];
  for (const { startUnixNano, endUnixNano } of [...aggregates.map(({ item }) => item), ...facts]) {
    if (startUnixNano === undefined || endUnixNano === undefined) continue;
    first = Math.min(first, Number(startUnixNano / 1_000_000_000n));
    last = Math.max(last, Number((endUnixNano - 1n) / 1_000_000_000n));
  }
  return first <= last ? { first, last } : undefined;
}

/**
 * Until when requests of the load ended. Those that were under way at its end may take as long as the client waits; what other endpoints were
 * asked for in that time is none of it.
 */
function tailOf(ledger: RunLedger, endSecond: number, leastSeconds: number): number {
  const asked = new Set(ledger.cells.filter(({ hop }) => hop === "client").map((cell) => canonicalOf(ledger, cell)));
  const latest = endSecond + Math.min(LONGEST_TAIL_SECONDS, Math.max(leastSeconds, longestTimeoutSeconds(ledger)));
  let tail = endSecond;
  for (const cell of ledger.cells) {
    // Increases of a counter are stamped when they are sent, not when the requests ended.
    if (cell.second < endSecond || cell.second >= latest || cell.hop === "store" || cell.source === "metrics") continue;
    if (asked.size === 0 || asked.has(canonicalOf(ledger, cell))) tail = Math.max(tail, cell.second + 1);
  }
  return tail;
}

function longestTimeoutSeconds({ cells }: RunLedger): number {
  let longestMs = 0;
  for (const { hop, outcome, latency } of cells) {
    if (hop === "client" && outcome === "timeout" && latency !== undefined) longestMs = Math.max(longestMs, decodeHistogram(latency).max ?? 0);
  }
  return Math.ceil(longestMs / 1000);
}

function canonicalOf(ledger: RunLedger, { endpoint }: LedgerCell): string {
  return ledger.endpoints[endpoint]?.canonical ?? "";
}
