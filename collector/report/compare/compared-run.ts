import { digestRun } from "../../diagnose/digest/digest-run.ts";
import type { RunDigest, ScopeDigest, Stream } from "../../diagnose/digest-types.ts";
import { phasesOf } from "../../diagnose/phases/detect-phases.ts";
import type { LedgerCell, RunLedger } from "../../model/ledger.ts";
import type { RunPhase } from "../../model/run.ts";
import { blocksOfHistograms } from "../../stats/block-series.ts";
import type { RunSide } from "../../stats/compare-runs.ts";
import { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { decodeHistogram } from "../../stats/histogram-bytes.ts";

/** One endpoint of one run, second by second, as the client saw it. */
export interface ComparedEndpoint {
  readonly stream: Stream;
  /** Successes by second. */
  readonly latencies: readonly ExponentialHistogram[];
  readonly failures: readonly { readonly hits: number; readonly trials: number }[];
}

/** What a comparison takes from a run. */
export interface ComparedRun {
  readonly ledger: RunLedger;
  readonly phases: readonly RunPhase[];
  readonly digest: RunDigest;
  readonly load: ScopeDigest;
  readonly endpoints: ReadonlyMap<string, ComparedEndpoint>;
}

/** The client's view of the whole load; "" is all endpoints together where there is more than one. */
export function comparedRun(ledger: RunLedger): ComparedRun {
  const phases = phasesOf(ledger);
  const digest = digestRun(ledger, phases);
  const load = digest.scopes[0] as ScopeDigest;
  const endpoints = new Map<string, ComparedEndpoint>();
  for (const view of load.endpoints) {
    const stream = view.streams.get("client");
    if (stream !== undefined && stream.count > 0) endpoints.set(view.endpoint, seconds(ledger, load, view.endpoint, stream));
  }
  return { ledger, phases, digest, load, endpoints };
}

/** Sides of one run each, or of a few runs laid end to end. */
export function sideOf(endpoints: readonly ComparedEndpoint[]): RunSide {
  return {
    latencies: blocksOfHistograms(endpoints.flatMap(({ latencies }) => latencies)),
    failures: endpoints.flatMap(({ failures }) => failures),
  };
}

function seconds(ledger: RunLedger, { scope }: ScopeDigest, endpoint: string, stream: Stream): ComparedEndpoint {
  const length = Math.max(1, Math.ceil(scope.endSecond - scope.startSecond));
  const latencies = Array.from({ length }, () => new ExponentialHistogram());
  const failures = Array.from({ length }, () => ({ hits: 0, trials: 0 }));
  for (const cell of ledger.cells) {
    if (!isOf(cell, stream, ledger, endpoint)) continue;
    const at = cell.second - Math.floor(scope.startSecond);
    const failed = failures[at];
    if (failed === undefined) continue;
    failed.trials += cell.count;
    if (cell.outcome !== "ok") failed.hits += cell.count;
    else if (cell.latency !== undefined) latencies[at]?.merge(decodeHistogram(cell.latency));
  }
  return { stream, latencies, failures };
}

function isOf(cell: LedgerCell, stream: Stream, ledger: RunLedger, endpoint: string): boolean {
  return cell.hop === "client" && cell.source === stream.source && ledger.endpoints[cell.endpoint]?.canonical === endpoint;
}
