/** Prometheus' rule model: one source for `config/alerts/*.yaml` and for the evaluator in the collector. */
export interface RuleGroup {
  readonly name: string;
  /** How often its rules are evaluated, ms. */
  readonly intervalMs: number;
  readonly rules: readonly Rule[];
}

export type Rule = RecordingRule | AlertRule;

export interface RecordingRule {
  readonly kind: "record";
  /** `level:metric:operation`. */
  readonly record: string;
  readonly expr: string;
}

export interface AlertRule {
  readonly kind: "alert";
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold before it fires, ms. */
  readonly forMs: number;
  readonly labels: { readonly severity: Severity; readonly layer: AlertLayer } & Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string } & Readonly<Record<string, string>>;
  /** What an expression like this usually gets wrong; becomes a comment in the YAML. */
  readonly trap: string;
}

export type Severity = "page" | "warn" | "info";

/** The hop that an alert accuses, in the words of the verdict; `telemetry` = ourselves. */
export type AlertLayer = "client" | "client_or_network" | "network" | "proxy" | "application" | "store" | "telemetry";
