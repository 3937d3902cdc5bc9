import type { Diagnosis, LawResult } from "../diagnose/diagnosis.ts";
import { failuresOf } from "../diagnose/digest/stream.ts";
import type { Stream } from "../diagnose/digest-types.ts";
import type { Hop } from "../model/catalog.ts";
import { formatCount } from "./format-number.ts";
import type { ReportHop, ReportLink } from "./report-schema.ts";
import { HOPS, streamOf } from "./report-streams.ts";
import { rounded } from "./round-number.ts";

/** Laws that are about what lies between two hops: what was sent arrives (L3, L5), and what failed here failed there too (L4). */
const LAWS_BETWEEN: Readonly<Record<string, readonly LawResult["law"][]>> = { client: ["L3", "L4"], proxy: ["L5"] };

/** The five boxes of the hop strip, those that nobody saw included. */
export function hopRows(diagnosis: Diagnosis): readonly ReportHop[] {
  const streams = diagnosis.digest.scopes[0]?.total.streams ?? new Map<Hop, Stream>();
  const times = timeByHop(diagnosis);
  return HOPS.map((hop): ReportHop => {
    const stream = streams.get(hop);
    const next = HOPS.slice(HOPS.indexOf(hop) + 1).find((other) => streams.has(other));
    const link = stream === undefined || next === undefined ? null : linkBetween(diagnosis, stream, streams.get(next) as Stream);
    return {
      hop,
      stream: stream === undefined ? null : streamOf(stream),
      ...(times.get(hop) ?? { timeMs: null, timeShare: null, timeIsBound: false }),
      isBlamed: diagnosis.verdict.result !== "passed" && diagnosis.verdict.hop === hop,
      note: noteOf(hop, stream, [...streams.keys()]),
      link,
    };
  });
}

function noteOf(hop: Hop, stream: Stream | undefined, seen: readonly Hop[]): string {
  if (stream?.isUnsure === true) return "from spans, which may be sampled";
  if (stream !== undefined) return "";
  if (hop !== "network") return "no witness";
  const inner = HOPS.find((other) => HOPS.indexOf(other) > HOPS.indexOf(hop) && seen.includes(other));
  if (!seen.includes("client")) return "no witness";
  return inner === undefined ? "not told apart from what lies behind it" : `inferred from client and ${inner}`;
}

function linkBetween(diagnosis: Diagnosis, outer: Stream, inner: Stream): ReportLink {
  const requests = outer.count - inner.count;
  const failed = failuresOf(outer) - failuresOf(inner);
  const about = (LAWS_BETWEEN[outer.hop] ?? []).flatMap((name) =>
    diagnosis.laws.filter(({ law, scope, endpoint }) => law === name && scope === "load" && endpoint === ""),
  );
  const link = { to: inner.hop, requestsDifference: requests, failedDifference: failed, laws: about.map(({ law }) => law) };
  if (inner.hop === "store") {
    const perRequest = outer.count === 0 ? 0 : inner.count / outer.count;
    return {
      ...link,
      requestsDifference: null,
      failedDifference: null,
      state: "unknown",
      text: `${Number(perRequest.toPrecision(2))} calls per request`,
    };
  }
  if (outer.isUnsure || inner.isUnsure) return { ...link, state: "unknown", text: "not held against one another: spans may be sampled" };
  const tolerance = Math.max(1, diagnosis.digest.scopes[0]?.offered.vusMax ?? 0, ...about.map((law) => law.tolerance ?? 0));
  const law = about.find(({ state }) => state === "broken");
  const beyond = differenceText({ requests, failed, tolerance, outer: outer.hop, inner: inner.hop });
  if (beyond !== "") return { ...link, state: "broken", text: beyond };
  if (law !== undefined) return { ...link, state: "broken", text: lawText(law) };
  const within = Math.max(Math.abs(requests), Math.abs(failed));
  return { ...link, state: "holds", text: within === 0 ? "counts agree" : `counts agree within ${formatCount(within)}` };
}

interface Between {
  readonly requests: number;
  readonly failed: number;
  readonly tolerance: number;
  readonly outer: Hop;
  readonly inner: Hop;
}

/** `the proxy counts 76 requests and 114 failures fewer than the client`; "" where both are within the tolerance. */
function differenceText({ requests, failed, tolerance, outer, inner }: Between): string {
  const differences = [
    { by: requests, what: "requests" },
    { by: failed, what: "failures" },
  ].filter(({ by }) => Math.abs(by) > tolerance);
  const parts = [1, -1].flatMap((sign) => {
    const told = differences.filter(({ by }) => Math.sign(by) === sign).map(({ by, what }) => `${formatCount(Math.abs(by))} ${what}`);
    return told.length === 0 ? [] : [`${told.join(" and ")} ${sign > 0 ? "fewer" : "more"}`];
  });
  return parts.length === 0 ? "" : `the ${inner} counts ${parts.join(" and ")} than the ${outer}`;
}

function lawText({ statement, left, right }: LawResult): string {
  const sides = left === undefined || right === undefined ? "" : `: ${formatCount(left)} against ${formatCount(right)}`;
  return `${statement} does not hold${sides}`;
}

/** Mean time that a successful request spends in each hop, from the decomposition of all requests, or else of the busiest endpoint. */
function timeByHop(diagnosis: Diagnosis): ReadonlyMap<Hop, Pick<ReportHop, "timeMs" | "timeShare" | "timeIsBound">> {
  const ofLoad = diagnosis.decompositions.filter(({ scope }) => scope === "load");
  const chosen = ofLoad.find(({ endpoint }) => endpoint === "") ?? ofLoad.toSorted((a, b) => b.n - a.n)[0];
  const sums = new Map<Hop, number>();
  for (const { hop, meanMs } of chosen?.parts ?? []) sums.set(hop, (sums.get(hop) ?? 0) + meanMs);
  const total = chosen?.totalMs ?? [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  const isInnermost = (hop: Hop) => hop === "network" && [...sums.keys()].every((other) => HOPS.indexOf(other) <= HOPS.indexOf(hop));
  return new Map(
    [...sums].map(([hop, ms]) => [
      hop,
      { timeMs: rounded(ms), timeShare: total > 0 ? rounded(Math.max(0, ms / total)) : null, timeIsBound: isInnermost(hop) },
    ]),
  );
}
