import type { Hop } from "../../model/catalog.ts";
import type { RunLedger } from "../../model/ledger.ts";
import type { OmissionFlag } from "../../stats/coordinated-omission.ts";
import type { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import type { Stream } from "../digest-types.ts";
import type { Tally } from "./tally.ts";

/** What a tally alone does not know. */
export interface StreamFacts {
  readonly hop: Hop;
  readonly durationMeans: string;
  readonly omission: OmissionFlag;
  /** Requests that were due and not sent, on the client. */
  readonly dropped: number;
}

export function streamOf(tally: Tally, { hop, durationMeans, omission, dropped }: StreamFacts): Stream {
  const isFailureKnown = tally.outcomes.has("ok");
  return {
    hop,
    source: tally.source,
    isUnsure: tally.source === "spans",
    witnesses: [...tally.witnesses].sort(),
    count: tally.count,
    outcomes: tally.outcomes,
    errorKinds: tally.errorKinds,
    statuses: tally.statuses,
    scenarios: tally.scenarios,
    instances: tally.instances,
    latencyOk: tally.latencyOk,
    latencyFailed: tally.latencyFailed,
    durationMeans,
    omission,
    censored: censoredOf(tally, dropped),
    sums: tally.sums,
    perSecond: tally.perSecond,
    failedPerSecond: isFailureKnown
      ? tally.failedPerSecond.map((count, at) => count + (tally.unknownPerSecond[at] as number))
      : tally.failedPerSecond,
  };
}

/**
 * Requests that failed, of a stream. Where a witness tells successes apart, whatever it calls `unknown` has failed in a way it does not tell;
 * where it does not, nothing is known of them.
 */
export function failuresOf({ count, outcomes }: Pick<Stream, "count" | "outcomes">): number {
  const ok = outcomes.get("ok");
  return ok === undefined ? count - (outcomes.get("unknown") ?? 0) : count - ok;
}

/** ms that the client waits at most, from what timed out; undefined where nothing did. */
export function clientTimeoutMs({ censored }: Pick<Stream, "censored">): number | undefined {
  const waited = censored.map(({ atMs }) => atMs).filter((atMs) => atMs > 0);
  return waited.length === 0 ? undefined : Math.min(...waited);
}

/** Mean duration in ms of all that told one, failed ones too; undefined where none did or a part does not tell its sum. */
export function meanDurationMs({ latencyOk, latencyFailed }: Pick<Stream, "latencyOk" | "latencyFailed">): number | undefined {
  const parts = [latencyOk, latencyFailed].filter((part): part is ExponentialHistogram => part !== undefined);
  const n = parts.reduce((sum, { count }) => sum + count, 0);
  const total = parts.reduce<number | undefined>((sum, part) => (sum === undefined || part.sum === undefined ? undefined : sum + part.sum), 0);
  return n === 0 || total === undefined ? undefined : total / n;
}

/** What the witnesses say that their durations span; `unknown` where they do not agree. */
export function durationMeansOf(ledger: RunLedger, hop: Hop, witnesses: ReadonlySet<string>): string {
  const told = new Set(
    ledger.witnesses
      .filter((witness) => witness.hop === hop && witnesses.has(witness.name) && witness.durationMeans !== "")
      .map(({ durationMeans }) => durationMeans),
  );
  const [only, ...others] = [...told];
  return only === undefined || others.length > 0 ? "unknown" : only;
}

/** A timeout of unknown length waited as long as the longest known one, as far as anybody knows; what was never sent waited at least 0 ms. */
function censoredOf({ timeouts }: Tally, dropped: number): Stream["censored"] {
  const waits = new Map<number, number>();
  const longest = Math.max(0, ...[...timeouts.keys()].filter((atMs): atMs is number => atMs !== undefined));
  for (const [atMs = longest, count] of timeouts) waits.set(atMs, (waits.get(atMs) ?? 0) + count);
  if (dropped > 0) waits.set(0, (waits.get(0) ?? 0) + dropped);
  return [...waits].map(([atMs, count]) => ({ atMs, count })).sort((a, b) => a.atMs - b.atMs);
}
