import { orderOfHistogram } from "../../stats/histogram-order.ts";
import { clientTimeoutMs } from "../digest/stream.ts";
import type { ScopeDigest, Stream } from "../digest-types.ts";
import { formatCount, formatRequests } from "./format-count.ts";
import type { Law } from "./law.ts";
import { balanced, counted, unknown } from "./law.ts";
import { allowanceOf } from "./tolerance.ts";

/** Share of the client's timeout beyond which a hop further in was too slow: the rest goes on connecting and on the way. */
const PATIENCE = 0.95;

/**
 * L4: what the client gave up = what the proxy saw given up (499), could not hand over to the end, or took longer over than the client waits. What is left
 * over was handed over in time, as far as the proxy knows, and never arrived: lost on the response path. Without a proxy the application's
 * 499s and durations are taken.
 */
export const timeouts: Law = (digest, endpoint, context) => {
  const client = endpoint.streams.get("client");
  const inner = endpoint.streams.get("proxy") ?? endpoint.streams.get("application");
  const where = inner?.hop ?? "proxy";
  const statement = `given up by the client = given up, incomplete or too slow at the ${where}`;
  if (client === undefined) return [];
  const waited = client.outcomes.get("timeout") ?? 0;
  const left = waited + (client.outcomes.get("cut") ?? 0);
  const given = [counted(digest, "requests that the client gave up", client, left, "outcomes timeout and cut", client.count)];
  if (inner === undefined) {
    if (left === 0) return [];
    const note = "no witness further in of this endpoint: give the proxy's access log";
    return [unknown("L4", digest, endpoint, { statement, note, left, evidence: given })];
  }
  if (inner.isUnsure) {
    const note = `the ${where} is known from spans alone, which may be sampled`;
    return [unknown("L4", digest, endpoint, { statement, note, left, evidence: given })];
  }
  const seen = givenUpAt(inner, clientTimeoutMs(client));
  const evidence = [...given, ...evidenceOf(digest, inner, seen)];
  const right = seen.givenUp + seen.slow;
  const allowance = allowanceOf(digest, context, client, inner);
  const missing = missingAt(inner, seen);
  if (left - right > allowance.value && missing !== "") {
    return [unknown("L4", digest, endpoint, { statement, note: missing, left, right, evidence })];
  }
  const undelivered = left - right;
  const notes =
    undelivered > allowance.value
      ? [
          `${formatRequests(undelivered)} given up by the client though the ${where} handed the answer over in time: lost on the response path, or late on the way in`,
        ]
      : undelivered < -allowance.value
        ? [`the ${where} saw ${formatRequests(-undelivered)} more given up than the client reports`]
        : [];
  return [balanced({ law: "L4", digest, endpoint, statement, left, right, allowance, notes, evidence })];
};

interface GivenUp {
  /** Cut off by the client: status 499, or not handed over to the last byte. */
  readonly givenUp: number;
  readonly status499: number;
  /** undefined: the log does not tell. */
  readonly incomplete: number | undefined;
  /** Handed over, but later than the client waits. */
  readonly slow: number;
  readonly isTimed: boolean;
}

function givenUpAt({ outcomes, statuses, sums, latencyOk, latencyFailed }: Stream, timeoutMs: number | undefined): GivenUp {
  const status499 = statuses.get(499) ?? 0;
  const incomplete = sums.incomplete?.sum;
  // An nginx line with 499 is incomplete as well: the largest of the three, never their sum.
  const givenUp = Math.max(outcomes.get("cut") ?? 0, status499, incomplete ?? 0);
  const isTimed = latencyOk !== undefined || latencyFailed !== undefined;
  if (timeoutMs === undefined) return { givenUp, status499, incomplete, slow: 0, isTimed };
  const longMs = timeoutMs * PATIENCE;
  const slower = (histogram: Stream["latencyOk"]) =>
    histogram === undefined ? 0 : histogram.count - orderOfHistogram(histogram).countAtMost(longMs).value;
  // What was given up took as long as the client waited, too.
  const slow = slower(latencyOk) + Math.max(0, slower(latencyFailed) - givenUp);
  return { givenUp, status499, incomplete, slow: Math.round(slow), isTimed };
}

/** What a log lacks for saying that an answer was handed over; "" where it tells. */
function missingAt({ hop }: Stream, { incomplete, isTimed }: GivenUp): string {
  if (hop !== "proxy") return "";
  const lacks = [incomplete === undefined ? "$request_completion" : "", isTimed ? "" : "$request_time"].filter((name) => name !== "");
  return lacks.length === 0 ? "" : `delivery is unproven: the proxy's log has no ${lacks.join(" and no ")}`;
}

function evidenceOf(digest: ScopeDigest, inner: Stream, { status499, incomplete, slow, isTimed }: GivenUp) {
  const at = `at the ${inner.hop}`;
  return [
    counted(digest, `requests given up by the client, as seen ${at}`, inner, status499, "status 499", inner.count),
    ...(incomplete === undefined
      ? []
      : [counted(digest, `answers not handed over to the last byte ${at}`, inner, incomplete, "$request_completion empty", inner.count)]),
    ...(isTimed ? [counted(digest, `answers later than the client waits ${at}`, inner, slow, "", inner.count)] : []),
    ...(inner.latencyOk?.max === undefined
      ? []
      : [
          {
            ...counted(digest, `longest successful request ${at}`, inner, 0),
            value: `${formatCount(inner.latencyOk.max)} ms`,
            n: inner.latencyOk.count,
          },
        ]),
  ];
}
