import { METRICS } from "../../model/catalog.ts";
import { gaugeNames, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { BY_PROCESS, firstOf, inBrackets, indent, ON_PROCESS, percent, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";

/** How far back the idle maximum is looked for where no limit is exported, ms. */
const IDLE_LOOKBACK_MS = 30 * 60_000;

/** Back-pressure at the application's door: permits run out, or are about to. */
export function permitRules(options: ResolvedAlertOptions): readonly Rule[] {
  const available = gaugeNames(METRICS.requestPermitsAvailable, options.strategy);
  const fewest = gaugeNames(METRICS.requestPermitsAvailableMin, options.strategy);
  const limits = gaugeNames(METRICS.requestPermitsLimit, options.strategy);
  const window = promDuration(options.gaugeWindowMs);
  const idle = promDuration(IDLE_LOOKBACK_MS);
  const low = percent(options.permitsLowRatio);
  return [
    alertRule(
      {
        alert: "RequestPermitsExhausted",
        severity: "page",
        layer: "application",
        expr: `min ${BY_PROCESS} ${inBrackets(firstOf([...fewest, ...available], (name) => `min_over_time(${name}[${window}])`))} <= 0`,
        summary: "No request permits left on {{ $labels.instance }}",
        description: `{{ $labels.job }} used up all its request permits (fewest left within ${window}: {{ $value }}, limit 0): what comes next is answered with 429.`,
        trap: "A gauge sampled at export misses every dip between two exports. The kit's minimum since the last export sees them and is asked first; without it, go by BackpressureRejecting as well. With unit 1 the names end in _ratio.",
      },
      options,
    ),
    alertRule(
      {
        alert: "RequestPermitsLow",
        severity: "warn",
        layer: "application",
        forMs: 10_000,
        expr: `min ${BY_PROCESS} ${inBrackets(firstOf(available, (name) => name))}
<= ${ON_PROCESS} ${options.permitsLowRatio} * (
${indent(`max ${BY_PROCESS} ${inBrackets(firstOf(limits, (name) => name))}
or max ${BY_PROCESS} ${inBrackets(firstOf(available, (name) => `max_over_time(${name}[${idle}])`))}`)}
)`,
        summary: "Few request permits left on {{ $labels.instance }}",
        description: `{{ $labels.job }} has {{ $value }} request permits left: ${low} of its limit or less.`,
        trap: `Where the server exports no limit, the most permits seen within ${idle} stand in for it: too few where Prometheus began to look in the middle of the load.`,
      },
      options,
    ),
  ];
}
