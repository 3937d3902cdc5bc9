import { METRICS } from "../../model/catalog.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { PROCESS_MAX_FDS } from "../generator-series.ts";
import { BY_PROCESS, ON_PROCESS, percent, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";

/** How far ahead the line is drawn, seconds: time to lower the load, not more than a straight line can tell. */
const AHEAD_SECONDS = 120;
/** Below this share of the limit a steep begin of a run is no danger. */
const ENOUGH_RATIO = 0.3;

/** Every connection is a file descriptor: at the limit, accept() fails and clients see refused or hanging connections. */
export function descriptorRules(options: ResolvedAlertOptions): readonly Rule[] {
  const descriptors = familyName(METRICS.processUnixFileDescriptorCount, options.strategy);
  const open = `max ${BY_PROCESS} (${descriptors})`;
  const limit = `(max ${BY_PROCESS} (${PROCESS_MAX_FDS}) or 0 * ${open} + ${options.fileDescriptorLimit})`;
  const window = promDuration(options.cacheWindowMs);
  const limitTrap = `A server that exports no ${PROCESS_MAX_FDS} under the same job and instance is held against ${options.fileDescriptorLimit}: put its LimitNOFILE there (in the alerts exporter: thresholds.file_descriptor_limit).`;
  return [
    alertRule(
      {
        alert: "FileDescriptorsNearLimit",
        severity: "page",
        layer: "application",
        forMs: 10_000,
        expr: `${open}\n  / ${ON_PROCESS} ${limit}\n  > ${options.fileDescriptorsNearRatio}`,
        summary: "File descriptors of {{ $labels.instance }} are nearly used up",
        description: `{{ $labels.job }} holds {{ $value | humanizePercentage }} of the file descriptors that it may (limit ${percent(options.fileDescriptorsNearRatio)}).`,
        trap: limitTrap,
      },
      options,
    ),
    alertRule(
      {
        alert: "FileDescriptorsWillRunOut",
        severity: "warn",
        layer: "application",
        forMs: 15_000,
        expr: `max ${BY_PROCESS} (predict_linear(${descriptors}[${window}], ${AHEAD_SECONDS}))
  > ${ON_PROCESS} ${limit}
and ${ON_PROCESS} (
  ${open}
    > ${ON_PROCESS} ${ENOUGH_RATIO} * ${limit}
)`,
        summary: "File descriptors of {{ $labels.instance }} will run out within 2 minutes",
        description: `{{ $labels.job }} will hold {{ $value | humanize }} file descriptors in ${AHEAD_SECONDS} s if they go on growing like this, more than its limit allows.`,
        trap: `A straight line through ${window}: every ramp-up looks like a leak at its begin, hence also ${percent(ENOUGH_RATIO)} of the limit in use. ${limitTrap}`,
      },
      options,
    ),
  ];
}
