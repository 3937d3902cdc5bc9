import type { Hop } from "../model/catalog.ts";
import type { SampledSpan } from "../model/ledger.ts";
import type { ReportTrace } from "./report-schema.ts";
import { HOPS } from "./report-streams.ts";
import { rounded } from "./round-number.ts";

type ReportSpan = ReportTrace["spans"][number];
type Part = ReportSpan["parts"][number];

/** What a client's phases are called; they follow one another and are the whole of its time. */
const CLIENT_PHASES = [
  ["blocked_ms", "getting a connection"],
  ["send_ms", "sending"],
  ["wait_ms", "waiting for the first byte"],
  ["recv_ms", "receiving"],
] as const;

/** Phases of a request within a span, where its witness told them: a client's one after the other, a proxy's as times since its request came. */
export function spanParts({ hop, attributes }: SampledSpan, startMs: number, durationMs: number): readonly Part[] {
  const told = (key: string): number => Number(attributes[key] ?? Number.NaN);
  if (hop === "client") {
    let at = startMs;
    return CLIENT_PHASES.flatMap(([key, name]) => {
      const ms = told(key);
      if (!(ms > 0)) return [];
      const part = { name, startMs: micros(at), durationMs: micros(Math.min(ms, startMs + durationMs - at)) };
      at += ms;
      return part.durationMs > 0 ? [part] : [];
    });
  }
  const [connect, header, response] = [told("upstream_connect_ms"), told("upstream_header_ms"), told("upstream_response_ms")];
  if (hop !== "proxy" || !(response >= 0)) return [];
  const first = Math.min(header >= 0 ? header : response, response);
  // When it asked the upstream is not told: the upstream's times are laid at the beginning, what is left is the way back to the client.
  const parts = [
    { name: "connecting to the upstream", durationMs: connect >= 0 ? Math.min(connect, first) : 0 },
    { name: "waiting for the upstream's first byte", durationMs: first - (connect >= 0 ? Math.min(connect, first) : 0) },
    { name: "the upstream's body", durationMs: response - first },
    { name: "handing the answer to the client", durationMs: durationMs - response },
  ];
  let at = startMs;
  return parts.flatMap((part) => {
    if (!(part.durationMs > 0)) return [];
    const placed = { ...part, startMs: micros(at), durationMs: micros(part.durationMs) };
    at += part.durationMs;
    return [placed];
  });
}

/** The hop in which most of the time passed that did not pass further in; null where one hop alone was seen. */
export function mostlyIn(spans: readonly ReportSpan[]): { readonly hop: Hop; readonly share: number } | null {
  const seen = HOPS.filter((hop) => spans.some((span) => span.hop === hop));
  if (seen.length < 2) return null;
  const covered = seen.map((hop) => coveredMs(spans.filter((span) => span.hop === hop)));
  const own = seen.map((hop, index) => ({ hop, ms: Math.max(0, (covered[index] as number) - (covered[index + 1] ?? 0)) }));
  const total = own.reduce((sum, { ms }) => sum + ms, 0);
  const [most] = own.toSorted((a, b) => b.ms - a.ms);
  return most === undefined || total <= 0 ? null : { hop: most.hop, share: rounded(most.ms / total) ?? 0 };
}

/** Time that at least one of them covers. */
function coveredMs(spans: readonly ReportSpan[]): number {
  let [sum, until] = [0, Number.NEGATIVE_INFINITY];
  for (const { startMs, durationMs } of spans.toSorted((a, b) => a.startMs - b.startMs)) {
    const end = startMs + durationMs;
    if (end > until) sum += end - Math.max(startMs, until);
    until = Math.max(until, end);
  }
  return sum;
}

function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
