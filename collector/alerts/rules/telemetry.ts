import { METRICS } from "../../model/catalog.ts";
import { RUN_METRICS } from "../../model/catalog-run.ts";
import { SELF_METRICS } from "../../model/catalog-self.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";
import { grown } from "./grown.ts";

/** Whether the numbers that everything else is judged by are still coming in, and all of them. */
export function telemetryRules(options: ResolvedAlertOptions): readonly Rule[] {
  const window = promDuration(options.windowMs);
  const lossWindow = promDuration(options.cacheWindowMs);
  const memory = familyName(METRICS.processMemoryUsage, options.strategy);
  const requests = `${familyName(METRICS.httpServerRequestDuration, options.strategy)}_count`;
  const run = familyName(RUN_METRICS.runActive, options.strategy);
  const active = (offset = "") => `max by (run_id) (${run}${offset}) == 1`;
  return [
    alertRule(
      {
        alert: "TelemetryLostDuringRun",
        severity: "warn",
        layer: "telemetry",
        forMs: 10_000,
        expr: `${active()}
and ${active(` offset ${window}`)}
unless on () (sum(changes(${memory}[${window}])) or vector(0)) + (sum(changes(${requests}[${window}])) or vector(0)) > 0`,
        summary: "No telemetry of the server during run {{ $labels.run_id }}",
        description: `Run {{ $labels.run_id }} is active (value {{ $value }}), but neither memory nor request counts of any server have changed for ${window} (limit: at least 1 change).`,
        trap: "Not `absent`: behind a scrape endpoint the last values stand for minutes after the server fell silent, so only change is a sign of life. An idle server in a run without requests looks the same.",
      },
      options,
    ),
    alertRule(
      {
        alert: "CollectorDroppingTelemetry",
        severity: "warn",
        layer: "telemetry",
        expr: grown(`${SELF_METRICS.droppedItems.name}{reason!="filtered"}`, "by (job, instance, component, reason, signal)", lossWindow),
        summary: "The collector loses {{ $labels.signal }}: {{ $labels.reason }}",
        description: `{{ $labels.component }} dropped {{ $value | humanize }} items of {{ $labels.signal }} within ${lossWindow} (limit 0), reason {{ $labels.reason }}: what dashboards and the report say of this time is incomplete.`,
        trap: `The collector's own page must be scraped too. A series is born with its first loss, which \`increase\` does not see, hence the second half; after a restart of Prometheus it says so once more. What a filter drops is meant to go.`,
      },
      options,
    ),
  ];
}
