import { METRICS } from "../../model/catalog.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { clientRequests } from "../generator-series.ts";
import { firstOf, inBrackets, percent, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";

/** Requests a second below which one failure would be an alert. */
const LEAST_REQUESTS_PER_SECOND = 1;
/** Where the server accounts for less than one in so many of the client's failures, they are not its own. */
const UNEXPLAINED_FACTOR = 2;

/** What the load generator saw, held against what the server saw. */
export function clientRules(options: ResolvedAlertOptions): readonly Rule[] {
  const window = promDuration(options.windowMs);
  const long = promDuration(options.longWindowMs);
  const served = `${familyName(METRICS.httpServerRequestDuration, options.strategy)}_count`;
  const sources = clientRequests(options.strategy);
  const rate = (selector: string, over: string) => `sum(rate(${selector}[${over}]))`;
  const requests = (over: string) => `loadtest:client_requests:rate${over}`;
  const failures = (over: string) => `loadtest:client_failures:ratio_rate${over}`;
  const serverFailures = `sum(rate(${served}{http_response_status_code=~"[45]..",http_response_status_code!="499"}[${window}]))
    / (sum(rate(${served}[${window}])) > 0)`;
  const burning = Number((options.errorBurnRate * options.errorBudgetRatio).toPrecision(12));
  const began = inBrackets(firstOf(sources, ({ all }) => `sum(${all} offset ${long})`));
  return [
    ...[window, long].flatMap((over): Rule[] => [
      { kind: "record", record: requests(over), expr: firstOf(sources, ({ all }) => `${rate(all, over)} > 0`) },
      {
        kind: "record",
        record: failures(over),
        expr: firstOf(sources, ({ all, failed }) => `(${rate(failed, over)} or 0 * ${rate(all, over)}) / (${rate(all, over)} > 0)`),
      },
    ]),
    alertRule(
      {
        alert: "ClientSeesFailuresServerDoesNot",
        severity: "page",
        layer: "client_or_network",
        forMs: 15_000,
        expr: `${failures(window)} > ${options.errorBudgetRatio}
and ${requests(window)} > ${LEAST_REQUESTS_PER_SECOND}
and ${failures(window)} > ${UNEXPLAINED_FACTOR} * (
    ${serverFailures}
    or vector(0)
  )`,
        summary: "The client's requests fail, the server knows nothing of it",
        description: `{{ $value | humanizePercentage }} of the client's requests failed within ${window} (limit ${percent(options.errorBudgetRatio)}), and the server accounts for less than half of that: look at the generator, the network and the proxy.`,
        trap: "A server that never failed has no series with such a status, and one that reports nothing has none at all: `or vector(0)`, so check TelemetryLostDuringRun too. 499 is the client's own leaving.",
      },
      options,
    ),
    alertRule(
      {
        alert: "RunErrorBudgetBurning",
        severity: "page",
        layer: "client",
        expr: `${failures(window)} > ${burning}
and ${failures(long)} > ${burning}
and ${requests(window)} > ${LEAST_REQUESTS_PER_SECOND}`,
        summary: "The run spends its error budget too fast",
        description: `{{ $value | humanizePercentage }} of the client's requests failed within ${window} (limit ${percent(burning)}: ${options.errorBurnRate} times the budget of ${percent(options.errorBudgetRatio)}), and as much over ${long}.`,
        trap: "Two windows: the long one says that it matters, the short one that it still goes on. At the begin of a run both see the same few samples. 429 counts as failed here.",
      },
      options,
    ),
    alertRule(
      {
        alert: "WitnessesDisagree",
        severity: "warn",
        layer: "client_or_network",
        forMs: 15_000,
        expr: `1 - sum(rate(${served}[${long}])) / ${requests(long)} > ${options.lostRequestsRatio}
and ${requests(long)} > ${LEAST_REQUESTS_PER_SECOND}
and ${began}`,
        summary: "The server saw fewer requests than the client sent",
        description: `{{ $value | humanizePercentage }} of the client's requests within ${long} never showed up at the server (limit ${percent(options.lostRequestsRatio)}).`,
        trap: `Client and server export at different moments, so only after ${long} of load, and only requests that are missing: health checks and retries of a proxy add to the server's. Answers from the proxy's own cache are missing rightly.`,
      },
      options,
    ),
  ];
}
