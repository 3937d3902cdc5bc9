import { z } from "../../collector/pipeline/define.ts";
import { duration, secret } from "../../collector/pipeline/settings.ts";
import { translationSettings } from "../../collector/series/translation-settings.ts";

const webhook = z.strictObject({
  /** Takes what Alertmanager sends to webhooks: JSON of version 4. */
  url: z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: (issue) => `"${issue.input}" is not a URL like http://127.0.0.1:9095/alerts`,
  }),
  /** Values are never printed. */
  headers: z.record(z.string(), secret()).default({}),
  /** For one request. */
  timeout: duration().default(10_000),
  send_resolved: z.boolean().default(true),
  /** What still fires is told again after so long; 0 = never. */
  repeat_interval: duration().default(4 * 3_600_000),
  /** Waiting times while the receiver is away: doubled from the first to the longest. It is never given up before the end. */
  retry: z.strictObject({ initial_interval: duration().default(1000), max_interval: duration().default(30_000) }).prefault({}),
  /** Alerts in one notification; of more the number is told (`truncatedAlerts`). 0 = all. */
  max_alerts: z.int().min(0).default(1000),
});
export type WebhookConfig = z.output<typeof webhook>;

/** Timers and the windows of the builtin rules are made of whole milliseconds. */
function period() {
  return duration().refine((ms) => Number.isInteger(ms) && ms > 0, "must be a whole number of milliseconds above 0");
}

const ratio = () => z.number().gt(0).max(1);
const above = () => z.number().gt(0);

/** Of the builtin rules; what each means and its default stand at `AlertOptions`. Ratios are 0..1. */
const thresholds = z.strictObject({
  permits_low_ratio: ratio().optional(),
  /** LimitNOFILE of the server, for servers that export no `process_max_fds`. */
  file_descriptor_limit: z.int().min(1).optional(),
  file_descriptors_near_ratio: ratio().optional(),
  memory_climb_bytes: above().optional(),
  memory_peak_bytes: above().optional(),
  cache_hit_ratio: ratio().optional(),
  rebuild_concurrency: above().optional(),
  rejected_ratio: ratio().optional(),
  error_budget_ratio: ratio().optional(),
  error_burn_rate: above().optional(),
  latency_target_seconds: above().optional(),
  latency_budget_ratio: ratio().optional(),
  latency_burn_rate: above().optional(),
  lost_requests_ratio: ratio().optional(),
});
export type AlertThresholds = z.output<typeof thresholds>;

export const alertsConfig = z.strictObject({
  /** `builtin`, or the path of a rule file as Prometheus takes it. */
  rules: z.array(z.string().min(1)).min(1, "name at least one: builtin, or the path of a rule file").default(["builtin"]),
  /** How often rules are evaluated whose group does not say. */
  interval: period().default(5000),
  /** The longest export interval of what is watched: the windows of the builtin rules hold at least four of them. */
  sample_interval: period().default(5000),
  thresholds: thresholds.prefault({}),
  /** Raw points that rules may ask for are kept as long as the longest range needs; in no more than this. */
  evaluation: z.strictObject({ max_bytes: z.int().min(65_536).default(67_108_864) }).prefault({}),
  /** OTLP series of metrics that rules mention. */
  max_series: z.int().min(1).default(50_000),
  /** A series without a point for so long has ended. */
  metric_expiration: duration().default(300_000),
  webhook: webhook.optional(),
  ...translationSettings,
});
export type AlertsConfig = z.output<typeof alertsConfig>;
