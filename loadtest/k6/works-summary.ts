import { type SummaryInput, showMs, showPercent, statOf, table, thresholdLines } from "./summary-text.ts";
import { FAILURE_CAUSES, type FailureCause, isAcceptance } from "./works-options.ts";
import { describeOffer, round, type WorksSettings } from "./works-settings.ts";

const ADVICE: Readonly<Record<FailureCause, string>> = {
  timeout: "no answer within REQUEST_TIMEOUT; compare with the proxy's log of the same trace ids",
  refused: "nothing listens at BASE_URL, or its accept queue is full (GENARRATIVE_API_LISTEN_BACKLOG)",
  connection: "the connection was not made or broke",
  http_401: "AUTH_TOKEN is not one that this server accepts",
  http_404: "the works of WORKS_DATA are not in this server; details need the same data there",
  http_429: "the server turns requests away: GENARRATIVE_API_MAX_CONCURRENT_REQUESTS",
  http_503: "switched off (creation_entry_disabled: GENARRATIVE_CREATION_ENTRY_DISABLED) or a proxy's limit",
  http_5xx: "the server or a proxy failed; its error log says why",
  other: "another status, or an error of the script",
};

/** The end of a run in words: what was offered and made, thresholds, and a line for each endpoint. */
export function worksSummary(settings: WorksSettings, summary: SummaryInput): string {
  const value = (metric: string, name: string) => statOf(summary, metric, name);
  const requests = value("http_reqs", "count") ?? 0;
  const iterations = value("iterations", "count") ?? 0;
  const seconds = summary.state.testRunDurationMs / 1000;
  return [
    "",
    `works-list ${settings.scenario} against ${settings.baseUrl}`,
    `  offered     ${describeOffer(settings)}`,
    `  made        ${iterations} iterations, ${requests} HTTP requests (${iterations === 0 ? "–" : round(requests / iterations)} per iteration) in ${seconds.toFixed(1)} s: ${round(requests / seconds)} requests/s`,
    `  dropped     ${value("dropped_iterations", "count") ?? 0} iterations that were due and not begun for lack of virtual users`,
    `  failed      ${showPercent(value("http_req_failed", "rate"))} of requests; shape errors ${showPercent(value("works_list_shape_error_rate", "rate"))} of 2xx answers`,
    "",
    ...endpointLines(settings, summary),
    ...causeLines(summary),
    "",
    "thresholds",
    ...thresholdLines(summary, isAcceptance),
    "",
  ].join("\n");
}

function endpointLines({ lists, details }: WorksSettings, summary: SummaryInput): readonly string[] {
  const header = ["endpoint", "requests", "failed", "shape errors", "p50 ms", "p95 ms", "p99 ms", "max ms"];
  const rows = [...lists, ...details].map(({ name }) => {
    const requests = statOf(summary, `http_reqs{endpoint:${name}}`, "count");
    const latency = (stat: string) => showMs(statOf(summary, `http_req_duration{endpoint:${name},expected_response:true}`, stat));
    return [
      name,
      requests === undefined ? "–" : String(requests),
      String(statOf(summary, `works_list_request_failed{endpoint:${name}}`, "passes") ?? "–"),
      String(statOf(summary, `works_list_shape_error_rate{endpoint:${name}}`, "passes") ?? "–"),
      // Without one good answer k6 says 0: no measurement.
      ...["med", "p(95)", "p(99)", "max"].map((stat) => (isAnswered(name, summary) ? latency(stat) : "–")),
    ];
  });
  return ["by endpoint (times of 2xx answers)", ...table([header, ...rows])];
}

function isAnswered(name: string, summary: SummaryInput): boolean {
  const failed = statOf(summary, `works_list_request_failed{endpoint:${name}}`, "passes") ?? 0;
  return (statOf(summary, `http_reqs{endpoint:${name}}`, "count") ?? 0) > failed;
}

function causeLines(summary: SummaryInput): readonly string[] {
  const found = FAILURE_CAUSES.map((cause) => [cause, statOf(summary, `works_list_failures{cause:${cause}}`, "count") ?? 0] as const);
  const lines = found.filter(([, count]) => count > 0).map(([cause, count]) => `  ${String(count).padStart(6)}  ${cause}: ${ADVICE[cause]}`);
  return lines.length === 0 ? [] : ["", "failed requests by cause", ...lines];
}
