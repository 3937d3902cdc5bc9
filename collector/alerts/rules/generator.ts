import { type CatalogMetric, METRICS } from "../../model/catalog.ts";
import { K6_METRICS } from "../../model/catalog-run.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { droppedLoad, k6Names } from "../generator-series.ts";
import { firstOf, inBrackets, percent, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";
import { grown } from "./grown.ts";

/** Share of dropped iterations below which nothing can be said about their cause. */
const LEAST_DROPPED_RATIO = 0.01;
/** The server explains dropped iterations where VUs spent at least this part of the dropped share inside it. */
const EXPLAINED_FACTOR = 0.5;

/** Whether the generator made the load that was asked for; where it did not, the run does not measure the server. */
export function generatorRules(options: ResolvedAlertOptions): readonly Rule[] {
  const window = promDuration(options.windowMs);
  const rate = (metric: CatalogMetric) => inBrackets(firstOf(k6Names(metric, options.strategy), (name) => `sum(rate(${name}[${window}])) > 0`));
  const dropped = rate(K6_METRICS.k6DroppedIterations);
  const virtualUsers = inBrackets(firstOf(k6Names(K6_METRICS.k6Vus, options.strategy), (name) => `sum(avg_over_time(${name}[${window}])) > 0`));
  const droppedRatio = `loadtest:client_dropped:ratio_rate${window}`;
  const secondsInServer = `sum(rate(${familyName(METRICS.httpServerRequestDuration, options.strategy)}_sum[${window}]))`;
  return [
    {
      kind: "record",
      record: droppedRatio,
      expr: `${dropped}\n/ ${inBrackets(`${dropped}\n+ ${rate(K6_METRICS.k6Iterations)}`)}`,
    },
    alertRule(
      {
        alert: "DroppedIterations",
        severity: "warn",
        layer: "client",
        expr: firstOf(droppedLoad(options.strategy), (name) => grown(name, "by (job, instance, scenario)", window)),
        summary: "The generator could not make all of the load",
        description: `{{ $value | humanize }} iterations or requests that were due within ${window} were not begun (limit 0): less load was made than was asked for.`,
        trap: "k6 counts them only where the rate is given (arrival-rate executors), and the series is born with the first one: `increase` does not see what stood in its first sample, hence the second half.",
      },
      options,
    ),
    alertRule(
      {
        alert: "GeneratorSaturated",
        severity: "page",
        layer: "client",
        forMs: 15_000,
        expr: `${droppedRatio} > ${LEAST_DROPPED_RATIO}
and ${droppedRatio} * ${EXPLAINED_FACTOR} > ${inBrackets(`${secondsInServer}\n/ ${virtualUsers}`)}`,
        summary: "The generator is the bottleneck, not the server",
        description: `k6 dropped {{ $value | humanizePercentage }} of its iterations within ${window} (limit ${percent(LEAST_DROPPED_RATIO)}), while its VUs spent less than half as large a part of their time inside the server: what is measured now is the generator or the way to the server.`,
        trap: "Little's law: seconds of serving per second = requests inside the server. A share p of iterations is dropped only while all VUs are busy, so VUs spend at least p of their time somewhere; sleep() in the script counts as somewhere.",
      },
      options,
    ),
  ];
}
