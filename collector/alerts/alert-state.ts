import type { LabelSet } from "../promql/label-set.ts";

/** One label set of an alert rule that is, or lately was, true. Never changes: `advanceAlerts` makes the next one. */
export interface AlertState {
  /** With `alertname`. */
  readonly labels: LabelSet;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of the expression, when it last held. */
  readonly value: number;
  readonly state: "pending" | "firing" | "resolved";
  /** Since when the expression holds. */
  readonly activeMs: number;
  readonly firedMs: number | undefined;
  readonly resolvedMs: number | undefined;
  /** It fires only because of `keep_firing_for`, since then. */
  readonly keptSinceMs: number | undefined;
}

/** What the expression says now about one label set. */
export type AlertObservation = Pick<AlertState, "labels" | "annotations" | "value">;

/** So long a resolved alert is still told of (prometheus: rules/alerting.go resolvedRetention). */
export const RESOLVED_RETENTION_MS = 15 * 60_000;

/**
 * The next state of all label sets of a rule, by `LabelSet.key`: (nothing) → pending → firing → resolved → (nothing). A pending alert whose
 * expression no longer holds is forgotten; a resolved one that comes back begins anew (prometheus: rules/alerting.go Eval).
 */
export function advanceAlerts(
  before: ReadonlyMap<string, AlertState>,
  observations: readonly AlertObservation[],
  { forMs, keepFiringForMs }: { readonly forMs: number; readonly keepFiringForMs: number },
  nowMs: number,
): ReadonlyMap<string, AlertState> {
  const next = new Map<string, AlertState>();
  for (const observation of observations) {
    const known = before.get(observation.labels.key);
    const active: AlertState =
      known === undefined || known.state === "resolved"
        ? { ...observation, state: "pending", activeMs: nowMs, firedMs: undefined, resolvedMs: undefined, keptSinceMs: undefined }
        : { ...known, annotations: observation.annotations, value: observation.value, keptSinceMs: undefined };
    next.set(observation.labels.key, fired(active, forMs, nowMs));
  }
  for (const [key, known] of before) {
    const gone = next.has(key) ? undefined : withoutObservation(known, keepFiringForMs, nowMs);
    if (gone !== undefined) next.set(key, gone);
  }
  return next;
}

function fired(alert: AlertState, forMs: number, nowMs: number): AlertState {
  return alert.state === "pending" && nowMs - alert.activeMs >= forMs ? { ...alert, state: "firing", firedMs: nowMs } : alert;
}

function withoutObservation(alert: AlertState, keepFiringForMs: number, nowMs: number): AlertState | undefined {
  if (alert.state === "pending") return undefined;
  if (alert.state === "resolved") return nowMs - (alert.resolvedMs ?? nowMs) > RESOLVED_RETENTION_MS ? undefined : alert;
  const keptSinceMs = alert.keptSinceMs ?? nowMs;
  if (keepFiringForMs > 0 && nowMs - keptSinceMs < keepFiringForMs) return { ...alert, keptSinceMs };
  return { ...alert, state: "resolved", resolvedMs: nowMs, keptSinceMs: undefined };
}
