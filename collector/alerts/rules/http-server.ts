import { METRICS } from "../../model/catalog.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { BY_PROCESS, ON_PROCESS, percent, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";

const LEAST_REQUESTS_PER_SECOND = 1;

/** What the server itself says of its answers. */
export function httpServerRules(options: ResolvedAlertOptions): readonly Rule[] {
  const family = familyName(METRICS.httpServerRequestDuration, options.strategy);
  const window = promDuration(options.windowMs);
  const requests = `job_instance:http_requests:rate${window}`;
  const rejected = `job_instance:http_429:ratio_rate${window}`;
  const bound = latencyBound(options.latencyTargetSeconds);
  const answered = 'http_response_status_code!~"429|5.."';
  const slowLimit = options.latencyBurnRate * options.latencyBudgetRatio;
  return [
    { kind: "record", record: requests, expr: `sum ${BY_PROCESS} (rate(${family}_count[${window}]))` },
    {
      kind: "record",
      record: rejected,
      expr: `(sum ${BY_PROCESS} (rate(${family}_count{http_response_status_code="429"}[${window}])) or 0 * ${requests})\n/ ${ON_PROCESS} ${requests}`,
    },
    alertRule(
      {
        alert: "BackpressureRejecting",
        severity: "warn",
        layer: "application",
        forMs: 10_000,
        expr: `${rejected} > ${options.rejectedRatio}`,
        summary: "{{ $labels.instance }} turns requests away with 429",
        description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} were answered with 429 within ${window} (limit ${percent(options.rejectedRatio)}).`,
        trap: "429 is back-pressure at work, not a failing application. No 429 yet means no such series, and the share would vanish instead of being 0: hence `or 0 *`.",
      },
      options,
    ),
    alertRule(
      {
        alert: "LatencySLOBurning",
        severity: "page",
        layer: "application",
        forMs: 10_000,
        expr: `1 - sum ${BY_PROCESS} (rate(${family}_bucket{${answered},${leMatcher(bound)}}[${window}]))
  / ${ON_PROCESS} sum ${BY_PROCESS} (rate(${family}_count{${answered}}[${window}]))
  > ${roundedNumber(slowLimit)}
and ${ON_PROCESS} ${requests} > ${LEAST_REQUESTS_PER_SECOND}`,
        summary: "Too many requests to {{ $labels.instance }} are slow",
        description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} took longer than ${bound} s within ${window} (limit ${percent(slowLimit)}: ${options.latencyBurnRate} times the budget of ${percent(options.latencyBudgetRatio)}).`,
        trap: `From buckets, since quantiles cannot be added up. ${boundTrap(options.latencyTargetSeconds, bound)} Requests turned away are quick and would make the server look fast: 429 and 5xx are left out; 499 stays in. Time before accept() is not seen by the server.`,
      },
      options,
    ),
  ];
}

/**
 * The bucket bound that decides over slow: the target itself, else the next above it, so that nobody is accused of a request that was in time.
 * Throws a RangeError where no bucket reaches that far.
 */
export function latencyBound(targetSeconds: number): number {
  const bound = METRICS.httpServerRequestDuration.boundaries.find((candidate) => candidate >= targetSeconds);
  if (bound === undefined) {
    const highest = METRICS.httpServerRequestDuration.boundaries.at(-1);
    throw new RangeError(
      `latencyTargetSeconds is ${targetSeconds}, but the buckets of ${METRICS.httpServerRequestDuration.name} end at ${highest} s`,
    );
  }
  return bound;
}

function boundTrap(targetSeconds: number, bound: number): string {
  if (bound === targetSeconds) return `The target of ${bound} s is a bucket bound.`;
  return `The target is ${targetSeconds} s, which is no bucket bound: ${bound} s is the next above it, so requests between the two count as quick.`;
}

/** `1` is `1` on some paths and `1.0` on others, by format and version. */
function leMatcher(bound: number): string {
  return Number.isInteger(bound) ? `le=~"${bound}|${bound}.0"` : `le="${bound}"`;
}

/** Without the noise of 2 * 0.07. */
function roundedNumber(value: number): number {
  return Number(value.toPrecision(12));
}
