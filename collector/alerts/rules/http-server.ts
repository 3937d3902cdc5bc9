import { METRICS } from "../../model/catalog.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { BY_PROCESS, firstOf, inBrackets, indent, ON_PROCESS, percent, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";

const LEAST_REQUESTS_PER_SECOND = 1;

/** What the server itself says of its answers. */
export function httpServerRules(options: ResolvedAlertOptions): readonly Rule[] {
  const family = familyName(METRICS.httpServerRequestDuration, options.strategy);
  const window = promDuration(options.windowMs);
  const requests = `job_instance:http_requests:rate${window}`;
  const rejected = `job_instance:http_429:ratio_rate${window}`;
  const bounds = latencyBounds(options.latencyTargetSeconds);
  const answered = 'http_response_status_code!~"429|5.."';
  const all = `${family}_count{${answered}}[${window}]`;
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
        expr: `sum ${BY_PROCESS} (
${indent(`rate(${all})\n- ${inBrackets(firstOf(bounds, (bound) => quick(`${family}_bucket{${answered},${leMatcher(bound)}}`, bound, window)))}`, 4)}
  )
  / ${ON_PROCESS} sum ${BY_PROCESS} (rate(${all}))
  > ${roundedNumber(slowLimit)}
and ${ON_PROCESS} ${requests} > ${LEAST_REQUESTS_PER_SECOND}`,
        summary: "Too many requests to {{ $labels.instance }} are slow",
        description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} took longer than ${boundsInWords(bounds)} within ${window} (limit ${percent(slowLimit)}: ${options.latencyBurnRate} times the budget of ${percent(options.latencyBudgetRatio)}).`,
        trap: `From buckets, since quantiles cannot be added up. ${boundsTrap(options.latencyTargetSeconds, bounds)} Requests turned away are quick and would make the server look fast: 429 and 5xx are left out; 499 stays in. Time before accept() is not seen by the server.`,
      },
      options,
    ),
  ];
}

/**
 * The bucket bounds that may decide over slow, in seconds, the one nearest to the target first; none is below it, so that nobody is accused of a
 * request that was in time. The target itself is there for servers with bounds of their own; the power of two for exponential histograms that
 * are shown as classic ones (of target 2: itself); the catalogue's bound for those that use what the semantic conventions advise.
 * Throws a RangeError where no bucket of the catalogue reaches that far.
 */
export function latencyBounds(targetSeconds: number): readonly number[] {
  const { name, boundaries } = METRICS.httpServerRequestDuration;
  const advised = boundaries.find((candidate) => candidate >= targetSeconds);
  if (advised === undefined) {
    throw new RangeError(`latencyTargetSeconds is ${targetSeconds}, but the buckets of ${name} end at ${boundaries.at(-1)} s`);
  }
  return [...new Set([targetSeconds, 2 ** Math.ceil(Math.log2(targetSeconds)), advised])].sort((a, b) => a - b);
}

/**
 * Per series, the rate of requests within a bound. Buckets of exponential histograms, which end at powers of two, appear with the first request
 * that falls near them, at a count that `rate` takes for their beginning: one that did not exist a window ago is not believed, or all would
 * seem slow.
 */
function quick(buckets: string, bound: number, window: string): string {
  const mayBeBorn = Number.isInteger(Math.log2(bound));
  return `max without (le) (rate(${buckets}[${window}])${mayBeBorn ? ` and ${buckets} offset ${window}` : ""})`;
}

function boundsInWords([first, ...others]: readonly number[]): string {
  return others.length === 0 ? `${first} s` : `${first} s (${others.join(" or ")} s where no bucket ends there)`;
}

function boundsTrap(targetSeconds: number, bounds: readonly number[]): string {
  return `Only where a bucket ends at ${bounds.join(" or ")} s: per series the first of these decides, and what lies between the target of ${targetSeconds} s and that bound is taken for quick; without any (bounds of one's own, native histograms) this alert is silent. A bucket at a power of two counts once it is as old as the window.`;
}

/** `1` is `1` on some paths and `1.0` on others, by format and version. */
function leMatcher(bound: number): string {
  return Number.isInteger(bound) ? `le=~"${bound}|${bound}.0"` : `le="${bound}"`;
}

/** Without the noise of 2 * 0.07. */
function roundedNumber(value: number): number {
  return Number(value.toPrecision(12));
}
