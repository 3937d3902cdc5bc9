import { clientTimeoutMs, meanDurationMs } from "../digest/stream.ts";
import type { ScopeDigest, Stream } from "../digest-types.ts";
import { formatCount } from "./format-count.ts";
import type { LawContext } from "./law.ts";
import { sentences } from "./law.ts";

/** By how much the sides of a law may differ for nothing to be the matter. */
export interface Allowance {
  readonly value: number;
  /** What makes it up. */
  readonly note: string;
}

/**
 * What two hops may differ by over a scope: a request of every worker under way at its end (k6 never reports those it cuts off), and at the edges
 * of a scope in mid-load whatever the hops put on different sides of them. Counts are exact otherwise; sampled ones are held to no law.
 */
export function allowanceOf(digest: ScopeDigest, context: LawContext, ...streams: readonly Stream[]): Allowance {
  const workers = workersOf(digest, streams);
  const edges = edgesOf(digest, context, streams);
  const parts = [workers.value > 0 ? workers.note : "", edges > 0 ? `${formatCount(edges)} at the edges of the window` : ""];
  return { value: workers.value + edges, note: parts.some((part) => part !== "") ? `tolerance: ${sentences(parts).replaceAll(";", ",")}` : "" };
}

/** More of it for a reason. */
export function widened(allowance: Allowance, by: number, why: string): Allowance {
  if (!(by > 0)) return allowance;
  const note = `${formatCount(by)} ${why}`;
  return { value: allowance.value + by, note: allowance.note === "" ? `tolerance: ${note}` : `${allowance.note}, ${note}` };
}

/** Of workers alone, for what only the end of the run can have cut off. */
export function workersOf(digest: ScopeDigest, streams: readonly Stream[]): Allowance {
  const { vusMax } = digest.offered;
  if (vusMax !== undefined)
    return { value: Math.ceil(vusMax), note: `${formatCount(vusMax)} for the virtual users or connections, one request each` };
  const [outer] = streams;
  const seconds = digest.scope.endSecond - digest.scope.startSecond;
  const meanMs = outer === undefined ? undefined : meanDurationMs(outer);
  if (outer === undefined || meanMs === undefined || seconds <= 0) return { value: 1, note: "1 for a request under way at the end" };
  const underWay = Math.max(1, Math.ceil((outer.count * meanMs) / 1000 / seconds));
  return { value: underWay, note: `${formatCount(underWay)} under way at a time on average (virtual users are not known)` };
}

function edgesOf(digest: ScopeDigest, { window, exportSteps }: LawContext, streams: readonly Stream[]): number {
  const { scope } = digest;
  const isSharp = scope.phase === undefined && window.from === "run";
  if (isSharp) return 0;
  const seconds = scope.endSecond - scope.startSecond;
  const [outer] = streams;
  if (outer === undefined || seconds <= 0) return 0;
  const rate = outer.count / seconds;
  const atEdges = Math.max(2 * rate, (outer.perSecond[0] ?? 0) + (outer.perSecond.at(-1) ?? 0));
  // Increases of counters are put where they were exported.
  const step = Math.max(
    1,
    ...streams.map(({ hop, source }) => (source === "metrics" && scope.phase !== undefined ? (exportSteps.get(hop) ?? 1) : 1)),
  );
  return Math.ceil(atEdges + 2 * rate * (step - 1) + lateOf(digest, outer));
}

/** The client reports a timeout long after the hops further in saw the request: those near the edges fall into different scopes. */
function lateOf({ scope }: ScopeDigest, outer: Stream): number {
  const late = outer.outcomes.get("timeout") ?? 0;
  const waitedSeconds = (clientTimeoutMs(outer) ?? 0) / 1000;
  return late * Math.min(1, (2 * waitedSeconds) / (scope.endSecond - scope.startSecond));
}
