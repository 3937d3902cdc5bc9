import type { RuleName } from "./lint.ts";

/** A rule that a panel breaks on purpose. One that is not needed any more must go: the test says so. */
export interface LintWaiver {
  readonly rules: readonly RuleName[];
  /** uid. */
  readonly dashboard: string;
  readonly panel: string;
  /** Metrics whose selectors may break it; others in the same panel may not. */
  readonly metrics: RegExp;
  readonly reason: string;
}

const GENERATOR = /^(?:loadtest_client_|http_req|iterations|dropped_iterations)/;
const OTHER_JOB = "The load generator is another job than the servers that the variables select: choosing a server must not make the client vanish.";
const PROXY_JOB = "The proxy is another job than the application; the variable proxy names it.";
const RUN = "A run is chosen by its run_id; who reports it has a job of its own.";
const JOB_AND_INSTANCE = ["target-job-rule", "target-instance-rule"] as const;

const waive = (panel: string, metrics: RegExp, reason: string): LintWaiver => ({
  rules: JOB_AND_INSTANCE,
  dashboard: "loadtest-run",
  panel,
  metrics,
  reason,
});

const PROXY = /^traces_span_metrics_/;
const EITHER = new RegExp(`${GENERATOR.source}|${PROXY.source}`);

export const LINT_WAIVERS: readonly LintWaiver[] = [
  waive("Client ▸", GENERATOR, OTHER_JOB),
  waive("Network ▸", EITHER, `${OTHER_JOB} ${PROXY_JOB}`),
  waive("Proxy ▸", PROXY, PROXY_JOB),
  waive("Offered and achieved rate", GENERATOR, OTHER_JOB),
  waive("Requests by hop", EITHER, `${OTHER_JOB} ${PROXY_JOB}`),
  waive("Errors by kind, as the client saw them", GENERATOR, OTHER_JOB),
  waive("Latency by hop, p50", EITHER, `${OTHER_JOB} ${PROXY_JOB}`),
  waive("Latency by hop, p95", EITHER, `${OTHER_JOB} ${PROXY_JOB}`),
  waive("Phases", /^loadtest_run_/, RUN),
  waive("Runs", /^loadtest_run_/, RUN),
];
