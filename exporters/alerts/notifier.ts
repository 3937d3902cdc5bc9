import { Backoff, type Pace } from "../../collector/pipeline/backoff.ts";
import { type Log, Refused } from "../../collector/pipeline/define.ts";
import type { Counter } from "../../collector/pipeline/meter.ts";
import { TargetLog } from "../../collector/pipeline/target-log.ts";
import type { AlertChange } from "./alert-board.ts";
import type { WebhookConfig } from "./alerts-config.ts";
import { type Notification, renderNotification } from "./notification.ts";
import type { Attempt, Webhook } from "./webhook.ts";

/** Resolved alerts of one name that wait for a receiver that is away. */
export const MAX_WAITING_RESOLVED = 1000;

export interface NotifierParts {
  readonly webhook: Webhook;
  readonly settings: WebhookConfig;
  /** Stands in every notification. */
  readonly receiver: string;
  readonly log: Log;
  readonly pace: Pace;
  readonly random?: () => number;
  readonly sent: Counter;
  readonly failed: Counter;
  readonly retries: Counter;
  /** Resolved alerts that will not be told. */
  readonly leftOut: Counter;
  /** Aborted when the time for an orderly end is over. */
  readonly outOfTime: AbortSignal;
}

/**
 * Tells the webhook of changes, one request at a time. While the receiver is away only the newest state of each alert name waits, with what has
 * been resolved meanwhile, the newest MAX_WAITING_RESOLVED: what waits is bounded by the number of rules and what fires.
 */
export class Notifier implements AsyncDisposable {
  readonly #parts: NotifierParts;
  readonly #targetLog: TargetLog;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  /** By alert name, the oldest first. */
  readonly #waiting = new Map<string, Notification>();
  readonly #toldMs = new Map<string, number>();
  #working: Promise<void> | undefined;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
    this.#targetLog = new TargetLog(parts.log, parts.pace.nowMs);
    const { initial_interval: initialMs, max_interval: maxMs } = parts.settings.retry;
    this.#backoff = new Backoff({ initialMs, maxMs, multiplier: 2, randomization: 0.2 }, parts.random);
  }

  /** After every evaluation, also where nothing has changed: what fires for long is repeated. */
  note({ alertname, firing, fired, resolved }: AlertChange, nowMs: number): void {
    const { repeat_interval, send_resolved } = this.#parts.settings;
    const toldResolved = send_resolved ? resolved : [];
    const isDue = firing.length > 0 && repeat_interval > 0 && nowMs - (this.#toldMs.get(alertname) ?? nowMs) >= repeat_interval;
    if (fired.length === 0 && toldResolved.length === 0 && !isDue) return;
    this.#toldMs.set(alertname, nowMs);
    this.#enqueue({ alertname, firing, resolved: toldResolved, leftOut: 0 });
  }

  /** Tries once more to tell what waits; what is not taken then counts as failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#working;
    this.#parts.webhook[Symbol.dispose]();
  }

  #enqueue(notification: Notification): void {
    const { alertname } = notification;
    const older = this.#waiting.get(alertname);
    this.#waiting.set(alertname, older === undefined ? notification : this.#merged(older, notification));
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    // A turn later: what one evaluation has to say is complete then.
    await Promise.resolve();
    for (let next = this.#take(); next !== undefined; next = this.#take()) await this.#deliver(next);
    this.#working = undefined;
  }

  #take(): Notification | undefined {
    const [first] = this.#waiting.values();
    if (first !== undefined) this.#waiting.delete(first.alertname);
    return first;
  }

  async #deliver(notification: Notification): Promise<void> {
    const { webhook, settings, receiver, sent, failed, retries, log, pace } = this.#parts;
    const { alertname } = notification;
    const isLast = this.#closing.signal.aborted;
    const attempt = await this.#untilOutOfTime(webhook.post(renderNotification(notification, receiver, settings.max_alerts)));
    if (attempt.outcome === "taken") {
      sent.add(1);
      this.#backoff.reset();
      this.#targetLog.taken();
      const { leftOut } = notification;
      if (leftOut > 0) log.warn({ alertname, leftOut }, `the webhook was away for long: ${leftOut} resolved alerts are not told`);
    } else if (attempt.outcome === "refused" || isLast) {
      failed.add(1);
      log.error({ alertname }, `a notification is lost: ${attempt.why}`);
    } else {
      retries.add(1);
      const newer = this.#waiting.get(alertname);
      this.#waiting.set(alertname, newer === undefined ? notification : this.#merged(notification, newer));
      const waitMs = this.#backoff.nextMs();
      this.#targetLog.refused(new Refused(attempt.why, { retryAfterMs: 0, overload: false }), waitMs);
      await pace.sleep(waitMs, this.#closing.signal);
    }
  }

  async #untilOutOfTime(attempt: Promise<Attempt>): Promise<Attempt> {
    const { outOfTime } = this.#parts;
    const late: Attempt = { outcome: "refused", why: "the time for an orderly end is over" };
    if (outOfTime.aborted) return late;
    const { promise, resolve } = Promise.withResolvers<Attempt>();
    const end = (): void => resolve(late);
    outOfTime.addEventListener("abort", end);
    try {
      return await Promise.race([attempt, promise]);
    } finally {
      outOfTime.removeEventListener("abort", end);
    }
  }

  /** What fires now counts; what was resolved in between is told once, unless it fires again. */
  #merged(older: Notification, newer: Notification): Notification {
    const later = new Set([...newer.firing, ...newer.resolved].map(({ labels }) => labels.key));
    const all = [...older.resolved.filter(({ labels }) => !later.has(labels.key)), ...newer.resolved];
    const resolved = all.slice(-MAX_WAITING_RESOLVED);
    const surplus = all.length - resolved.length;
    if (surplus > 0) this.#parts.leftOut.add(surplus);
    return { ...newer, resolved, leftOut: older.leftOut + newer.leftOut + surplus };
  }
}
