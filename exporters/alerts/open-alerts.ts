import { GroupEvaluation, type RuleFailure } from "../../collector/alerts/evaluate-group.ts";
import type { PlannedGroup, PlannedRule } from "../../collector/alerts/rule-plan.ts";
import type { Clock } from "../../collector/model/time.ts";
import { type Pace, REAL_PACE } from "../../collector/pipeline/backoff.ts";
import { ACCEPTED, type ComponentContext, type Log, Rejected, type Running, type Sink } from "../../collector/pipeline/define.ts";
import { randomHashKey } from "../../collector/pipeline/hash-key.ts";
import { LONGEST_TIMER_MS } from "../../collector/pipeline/settings.ts";
import { DEFAULT_EVALUATION } from "../../collector/promql/evaluate-promql.ts";
import { SampleNeeds, selectorNeeds } from "../../collector/promql/selector-needs.ts";
import { ExpiryGuard } from "../../collector/series/expiry-guard.ts";
import { type Losses, SeriesStore } from "../../collector/series/series-store.ts";
import type { ResourceEntry } from "../../collector/series/stream.ts";
import { translationOf } from "../../collector/series/translation-settings.ts";
import { metricColumnsOf } from "../../collector/wire/scan-batch.ts";
import { AlertBoard, type AlertChange } from "./alert-board.ts";
import { logChange } from "./alert-log.ts";
import type { AlertsConfig } from "./alerts-config.ts";
import { loadRules } from "./load-rules.ts";
import { Notifier } from "./notifier.ts";
import { OwnSamples } from "./own-samples.ts";
import { SlowSenders } from "./slow-senders.ts";
import { StoredSamples } from "./stored-samples.ts";
import { type BoundWish, boundWishes, WantedBounds, wantedBounds } from "./wanted-bounds.ts";
import { WantedMetrics } from "./wanted-metrics.ts";
import { openWebhook } from "./webhook.ts";

export interface AlertsParts {
  /** The time that samples and evaluations have. */
  readonly clock?: Clock;
  /** Of repeated notifications. */
  readonly pace?: Pace;
  readonly random?: () => number;
}

export interface RunningAlerts extends Sink, Running {
  /** Evaluates all groups now, whatever their interval. */
  evaluate(): void;
}

/** Throws: `LoadError` for rules that cannot be read (E_FILE, E_CONFIG_SYNTAX, E_CONFIG_INVALID). */
export async function openAlerts(settings: AlertsConfig, context: ComponentContext, parts: AlertsParts = {}): Promise<RunningAlerts> {
  const clock = parts.clock ?? { nowMs: () => Date.now() };
  const translation = translationOf(settings);
  const groups = await loadRules({
    rules: settings.rules,
    intervalMs: settings.interval,
    sampleIntervalMs: settings.sample_interval,
    strategy: translation.strategy,
    namespace: translation.namespace,
    thresholds: settings.thresholds,
  });
  const meters = openMeters(context);
  const needs = needsOf(groups);
  const slow = new SlowSenders<ResourceEntry>(settings.sample_interval, (sender, intervalMs) =>
    warnOfSlow(context.log, settings, sender, intervalMs),
  );
  const bounds = new WantedBounds(boundWishes(groups.flatMap(({ rules }) => rules)), (wish, found) => warnOfBounds(context.log, wish, found));
  const samples = new StoredSamples(needs, settings.evaluation.max_bytes, (count) => meters.lostSamples.add(count), {
    slowSenders: slow,
    wantedBounds: bounds,
  });
  const limits = { maxSeries: settings.max_series, expirationMs: settings.metric_expiration };
  const store = new SeriesStore(translation, limits, { keepExemplars: false, hashKey: randomHashKey(), listener: samples });
  samples.connect(store);
  const own = new OwnSamples(needs, context.meter, context.ledger);
  const wanted = new WantedMetrics(needs, translation);
  const evaluations = groups.map((group) => new GroupEvaluation(group, samples));
  const board = new AlertBoard(evaluations);
  const notifier = openNotifier(settings, context, meters, parts);
  const failureLog = new FailureLog(context.log);

  const tell = (changes: readonly AlertChange[], nowMs: number): void => {
    for (const change of changes) {
      logChange(context.log, change);
      notifier?.note(change, nowMs);
    }
  };
  const evaluate = (due: readonly GroupEvaluation[]): void => {
    const nowMs = clock.nowMs();
    samples.prepare(nowMs);
    own.writeTo(samples, nowMs);
    const failures = due.flatMap((one) => one.evaluate(nowMs));
    meters.evaluations.add(due.length);
    meters.evaluationFailures.add(failures.length);
    failureLog.note(due, failures);
    bounds.evaluated();
    tell(board.changes(), nowMs);
  };
  const guard = new ExpiryGuard(settings.metric_expiration, clock.nowMs(), performance.now());
  const expire = (): void => {
    const nowMs = clock.nowMs();
    if (guard.mayExpire(nowMs, performance.now()) && settings.metric_expiration > 0) samples.hear(nowMs, () => store.expire(nowMs));
  };
  const unmeters = openGauges(context, board, samples);
  const timers = [
    ...byInterval(evaluations, settings.interval).map(([intervalMs, due]) => setInterval(() => evaluate(due), intervalMs)),
    setInterval(expire, Math.min(Math.max(settings.metric_expiration / 4, 1000), 60_000)),
  ];
  let isClosed = false;
  return {
    push(batch) {
      if (batch.signal !== "metrics") return ACCEPTED;
      const columns = metricColumnsOf(batch);
      const nowMs = clock.nowMs();
      let losses: Losses | undefined;
      const lost = samples.hear(nowMs, () => wanted.during(columns, () => (losses = store.ingest(columns, nowMs))));
      return losses === undefined && lost === 0 ? ACCEPTED : Promise.reject(rejected(losses, lost));
    },
    evaluate: () => evaluate(evaluations),
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      for (const timer of timers) clearInterval(timer);
      evaluate(evaluations);
      tell(board.close(clock.nowMs()), clock.nowMs());
      await notifier?.[Symbol.asyncDispose]();
      for (const unmeter of unmeters) unmeter();
    },
  };
}

function warnOfSlow(log: Log, { sample_interval }: AlertsConfig, { attributes }: ResourceEntry, intervalMs: number): void {
  const service = attributes.getString("service.name") ?? "a service without a name";
  const hint = `set OTEL_METRIC_EXPORT_INTERVAL=${sample_interval} there, or sample_interval: ${Math.round(intervalMs / 1000)}s of this exporter`;
  log.warn(
    { service, intervalMs, expectedMs: sample_interval, hint },
    `the metrics of ${service} come too seldom for the rules' windows: alerts will come and go`,
  );
}

/** Bounds that are told; a native histogram may have 160. */
const MAX_BOUNDS_TOLD = 30;

function warnOfBounds(log: Log, wish: BoundWish, found: readonly string[]): void {
  const wanted = wantedBounds(wish);
  const hint =
    "give the server's histogram such a bound (explicit_bucket_boundaries of a view, or the advice of the instrument), or ask for one that exists: LatencySLOBurning by thresholds.latency_target_seconds of this exporter";
  log.warn(
    { rule: wish.rule, metric: wish.metric, wanted, bounds: found.slice(0, MAX_BOUNDS_TOLD), hint },
    `the rule ${wish.rule} can never find its bucket: none of ${wish.metric} ends at ${wanted.join(" or ")}`,
  );
}

function needsOf(groups: readonly PlannedGroup[]): SampleNeeds {
  const needs = groups.flatMap(({ rules, queryOffsetMs }) =>
    rules
      .flatMap(({ expression }) => selectorNeeds(expression, DEFAULT_EVALUATION.lookbackMs))
      .map(({ matchers, reachMs }) => ({ matchers, reachMs: reachMs + queryOffsetMs })),
  );
  return new SampleNeeds(needs);
}

function byInterval(evaluations: readonly GroupEvaluation[], defaultMs: number): readonly (readonly [number, readonly GroupEvaluation[]])[] {
  const found = new Map<number, GroupEvaluation[]>();
  for (const one of evaluations) {
    // A longer one would make the timer run without a pause.
    const intervalMs = Math.min(one.group.intervalMs ?? defaultMs, LONGEST_TIMER_MS);
    const others = found.get(intervalMs);
    if (others === undefined) found.set(intervalMs, [one]);
    else others.push(one);
  }
  return [...found];
}

type Meters = ReturnType<typeof openMeters>;

function openMeters({ id, meter }: ComponentContext) {
  const labels = { exporter: id };
  return {
    evaluations: meter.counter("pitwall_alerts_evaluations", "Evaluations of rule groups.", labels),
    evaluationFailures: meter.counter("pitwall_alerts_evaluation_failures", "Rules that could not be evaluated, each time.", labels),
    lostSamples: meter.counter("pitwall_alerts_lost_samples", "Samples for which the evaluation window had no room.", labels),
    sent: meter.counter("pitwall_alerts_notifications_sent", "Notifications that the webhook took.", labels),
    failed: meter.counter("pitwall_alerts_notifications_failed", "Notifications that the webhook refused, or had not taken at the end.", labels),
    leftOut: meter.counter("pitwall_alerts_notification_left_out", "Resolved alerts that are not told, since the webhook was away too long.", labels),
    retries: meter.counter("pitwall_alerts_notification_retries", "Attempts that failed and were repeated.", labels),
  };
}

function openGauges({ id, meter }: ComponentContext, board: AlertBoard, samples: StoredSamples): readonly (() => void)[] {
  const labels = { exporter: id };
  return [
    ...board.alertnames.map((alertname) =>
      meter.gauge("pitwall_alerts_firing", "Label sets for which an alert fires.", { ...labels, alertname }, () => board.firingCount(alertname)),
    ),
    meter.gauge("pitwall_alerts_window_bytes", "Samples that rules may ask for, in bytes.", labels, () => samples.sizeBytes),
    meter.gauge("pitwall_alerts_window_series", "Series that rules may ask for.", labels, () => samples.seriesCount),
  ];
}

function openNotifier({ webhook }: AlertsConfig, context: ComponentContext, meters: Meters, { pace, random }: AlertsParts): Notifier | undefined {
  if (webhook === undefined) return undefined;
  return new Notifier({
    webhook: openWebhook(webhook, "Pitwall"),
    settings: webhook,
    receiver: context.id,
    log: context.log,
    pace: pace ?? REAL_PACE,
    ...(random === undefined ? {} : { random }),
    sent: meters.sent,
    failed: meters.failed,
    retries: meters.retries,
    leftOut: meters.leftOut,
    outOfTime: context.outOfTime ?? new AbortController().signal,
  });
}

/** Each rule's failure once, until it says something else or the rule works again. */
class FailureLog {
  readonly #log: Log;
  readonly #said = new Map<PlannedRule, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  note(evaluated: readonly GroupEvaluation[], failures: readonly RuleFailure[]): void {
    const failed = new Set(failures.map(({ rule }) => rule));
    for (const { group } of evaluated) for (const rule of group.rules) if (!failed.has(rule)) this.#said.delete(rule);
    for (const { rule, error } of failures) {
      if (this.#said.get(rule) === error.message) continue;
      this.#said.set(rule, error.message);
      this.#log.warn({ rule: rule.name, expr: rule.text }, `a rule cannot be evaluated: ${error.message}`);
    }
  }
}

function rejected(losses: Losses | undefined, windowFull: number): Rejected {
  const parts = [...(losses ?? [])].map(([reason, items]) => ({ reason, items }));
  if (windowFull > 0) parts.push({ reason: "evaluation_window_full", items: windowFull });
  parts.sort((a, b) => b.items - a.items);
  const items = parts.reduce((sum, part) => sum + part.items, 0);
  const message = parts.map((part) => `${part.items} × ${part.reason}`).join("; ");
  return new Rejected(`not seen by the alert rules: ${message}`, { items, reason: parts[0]?.reason ?? "rejected", parts });
}
