import type { ResolvedAlertOptions } from "./alert-options.ts";
import type { AlertLayer, AlertRule, Severity } from "./rule.ts";

export interface AlertParts {
  readonly alert: string;
  readonly severity: Severity;
  readonly layer: AlertLayer;
  readonly forMs?: number;
  readonly expr: string;
  readonly summary: string;
  /** Says the value and the limit. */
  readonly description: string;
  readonly trap: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A load run is short: nothing waits longer than this before it fires. */
export const MAX_FOR_MS = 15_000;

/** The rule with what all have: severity and layer as labels, and the address of its runbook. */
export function alertRule(
  { alert, severity, layer, forMs = 0, expr, summary, description, trap, labels }: AlertParts,
  options: ResolvedAlertOptions,
): AlertRule {
  return {
    kind: "alert",
    alert,
    expr,
    forMs,
    labels: { severity, layer, ...labels },
    annotations: { summary, description, runbook_url: `${options.runbookBaseUrl}${runbookPath(alert)}` },
    trap,
  };
}

export function runbookPath(alert: string): string {
  return `docs/runbooks/${alert}.md`;
}
