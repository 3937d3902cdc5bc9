import { parseRetryAfterMs } from "../../collector/wire/status-codes.ts";
import type { HttpAnswer } from "../http-target.ts";
import type { RequestCounts, WriteVersion } from "./write-request.ts";

/** What an answer means for the request. */
export type Verdict =
  /** Stored, but for `lostEntries` samples and histograms. `words` says why, where something was lost. */
  | { readonly kind: "taken"; readonly lostEntries: number; readonly reason: "partial_write" | "not_written"; readonly words: string }
  /** Never to be sent again. */
  | { readonly kind: "lost"; readonly reason: "send_failed" | "too_large"; readonly words: string }
  /** Nothing of it was stored, and the receiver may know the other version. */
  | { readonly kind: "downgrade"; readonly words: string; readonly isSure: boolean }
  /** Later. `isFault`: the server failed at this request rather than being away or overloaded. */
  | { readonly kind: "again"; readonly retryAfterMs: number; readonly isFault: boolean; readonly words: string };

export interface AnsweredRequest {
  readonly version: WriteVersion;
  readonly counts: RequestCounts;
  /** Another version may be tried (`protocol: auto`), and whether 2.0 has been proven with this endpoint. */
  readonly mayDowngrade: boolean;
  readonly isProven: boolean;
}

/**
 * Sources: prometheus/docs specs/prw/remote_write_spec.md and remote_write_spec_2_0.md ("Retries & Backoff", "Partial Write",
 * "Required Written Response Headers"); that receivers of 1.0 answer 204 to 2.0 and store nothing was measured on Prometheus 2.42, 2.53 and
 * VictoriaMetrics 1.145.
 */
export function judgeAnswer(request: AnsweredRequest, answer: HttpAnswer, nowMs: number): Verdict {
  const { status } = answer;
  const written = request.version === 2 ? writtenEntries(answer) : undefined;
  const words = `the server answered ${status}${bodyWords(answer)}`;
  const entries = request.counts.samples + request.counts.histograms;
  if (status >= 200 && status < 300) {
    if (request.version === 1) return { kind: "taken", lostEntries: 0, reason: "not_written", words };
    if (written === undefined) {
      const meaning = `${words} without any X-Prometheus-Remote-Write-…-Written header: it took the request for remote write 1.0 and stored nothing`;
      if (request.mayDowngrade) return { kind: "downgrade", words: meaning, isSure: true };
      return { kind: "taken", lostEntries: entries, reason: "not_written", words: meaning };
    }
    const lostEntries = Math.max(0, entries - written);
    return { kind: "taken", lostEntries, reason: "partial_write", words: `${words} and wrote ${written} of ${entries}` };
  }
  if (status === 429 || status >= 500) {
    const header = answer.headers["retry-after"];
    const retryAfterMs = header === undefined ? 0 : (parseRetryAfterMs(header, nowMs) ?? 0);
    return { kind: "again", retryAfterMs, isFault: status >= 500 && !AWAY.has(status), words };
  }
  if (written !== undefined && written > 0) {
    return { kind: "taken", lostEntries: Math.max(0, entries - written), reason: "partial_write", words };
  }
  if (request.version === 2 && request.mayDowngrade && written === undefined) {
    if (status === 415) return { kind: "downgrade", words, isSure: true };
    if (status === 400 && !request.isProven) return { kind: "downgrade", words, isSure: false };
  }
  return { kind: "lost", reason: status === 413 ? "too_large" : "send_failed", words: words + redirection(answer) };
}

/** Gateways' and overloaded servers' answers: they say nothing about what is in the request. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** Samples and histograms that a receiver of 2.0 says it has stored; undefined where it says nothing at all. */
function writtenEntries({ headers }: HttpAnswer): number | undefined {
  const counts = WRITTEN_HEADERS.map((name) => headers[name]);
  if (counts.every((count) => count === undefined)) return undefined;
  const [samples = 0, histograms = 0] = counts.map((count) => (typeof count === "string" && /^\d+$/.test(count) ? Number(count) : 0));
  return samples + histograms;
}

const WRITTEN_HEADERS = [
  "x-prometheus-remote-write-samples-written",
  "x-prometheus-remote-write-histograms-written",
  "x-prometheus-remote-write-exemplars-written",
] as const;

/** The server's own words as they are, but for their length. */
function bodyWords({ status, body }: HttpAnswer): string {
  if (status >= 200 && status < 300) return "";
  const text = body.subarray(0, MAX_WORDS_BYTES).toString().trim();
  return text === "" ? "" : `: ${text}${body.length > MAX_WORDS_BYTES ? "…" : ""}`;
}
const MAX_WORDS_BYTES = 2048;

function redirection({ status, headers }: HttpAnswer): string {
  if (status < 300 || status >= 400 || headers.location === undefined) return "";
  return ` (it points to ${headers.location}; redirects are not followed, set the endpoint to where the server is)`;
}
