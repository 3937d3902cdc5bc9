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
      ...(times.get(hop) ?? { timeMs: null, timeShare: null }),
      isBlamed: diagnosis.verdict.result !== "passed" && diagnosis.verdict.hop === hop,
      note: noteOf(hop, stream),
      link,
    };
  });
}

function noteOf(hop: Hop, stream: Stream | undefined): string {
  if (hop === "network" && stream === undefined) return "seen from its two ends";
  if (stream === undefined) return "no witness";
  return stream.isUnsure ? "from spans, which may be sampled" : "";
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
      text: `${Number(perRequest.toPrecision(3))} calls a request`,
    };
  }
  if (outer.isUnsure || inner.isUnsure) return { ...link, state: "unknown", text: "not held against one another: spans may be sampled" };
  const tolerance = Math.max(1, diagnosis.digest.scopes[0]?.offered.vusMax ?? 0, ...about.map((law) => law.tolerance ?? 0));
  const isBroken = about.some(({ state }) => state === "broken") || Math.abs(requests) > tolerance || Math.abs(failed) > tolerance;
  return { ...link, state: isBroken ? "broken" : "holds", text: linkText(requests, failed, tolerance, outer.hop, inner.hop) };
}

function linkText(requests: number, failed: number, tolerance: number, outer: Hop, inner: Hop): string {
  const parts: string[] = [];
  if (Math.abs(requests) > tolerance)
    parts.push(
      requests > 0 ? `${formatCount(requests)} requests did not reach the ${inner}` : `the ${inner} counts ${formatCount(-requests)} requests more`,
    );
  if (Math.abs(failed) > tolerance)
    parts.push(
      failed > 0
        ? `${formatCount(failed)} failed at the ${outer} that the ${inner} does not count as failed`
        : `${formatCount(-failed)} failed at the ${inner} and not at the ${outer}`,
    );
  if (parts.length > 0) return parts.join("; ");
  return requests === 0 && failed === 0 ? "counts agree" : `counts agree within ${formatCount(tolerance)}`;
}

/** Mean time that a successful request spends in each hop, from the decomposition of all requests, or else of the busiest endpoint. */
function timeByHop(diagnosis: Diagnosis): ReadonlyMap<Hop, { readonly timeMs: number | null; readonly timeShare: number | null }> {
  const ofLoad = diagnosis.decompositions.filter(({ scope }) => scope === "load");
  const chosen = ofLoad.find(({ endpoint }) => endpoint === "") ?? ofLoad.toSorted((a, b) => b.n - a.n)[0];
  const sums = new Map<Hop, number>();
  for (const { hop, meanMs } of chosen?.parts ?? []) sums.set(hop, (sums.get(hop) ?? 0) + meanMs);
  const total = chosen?.totalMs ?? [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  return new Map([...sums].map(([hop, ms]) => [hop, { timeMs: rounded(ms), timeShare: total > 0 ? rounded(ms / total) : null }]));
}
