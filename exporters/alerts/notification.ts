import type { AlertState } from "../../collector/alerts/alert-state.ts";
import type { LabelSet } from "../../collector/promql/label-set.ts";

/** What is to be told about one alert name: everything that fires, and what has been resolved since it was last told. */
export interface Notification {
  readonly alertname: string;
  readonly firing: readonly AlertState[];
  readonly resolved: readonly AlertState[];
  /** Resolved ones that there was no room for while the receiver was away. */
  readonly leftOut: number;
}

/** Go's zero time, which Alertmanager sends as the end of what still fires. */
const NO_END = "0001-01-01T00:00:00Z";

/** The JSON that Alertmanager posts to webhooks (prometheus/docs alerting/configuration.md, webhook_config; version 4), grouped by alertname. */
export function renderNotification({ alertname, firing, resolved, leftOut }: Notification, receiver: string, maxAlerts: number): string {
  const all = [...firing, ...resolved];
  const told = maxAlerts === 0 ? all : all.slice(0, maxAlerts);
  return JSON.stringify({
    version: "4",
    groupKey: `{}:{alertname=${JSON.stringify(alertname)}}`,
    truncatedAlerts: all.length - told.length + leftOut,
    status: firing.length > 0 ? "firing" : "resolved",
    receiver,
    groupLabels: { alertname },
    commonLabels: common(told.map(({ labels }) => labels.toRecord())),
    commonAnnotations: common(told.map(({ annotations }) => annotations)),
    externalURL: "",
    alerts: told.map(renderAlert),
  });
}

function renderAlert({ labels, annotations, state, activeMs, firedMs, resolvedMs }: AlertState): object {
  return {
    status: state === "resolved" ? "resolved" : "firing",
    labels: labels.toRecord(),
    annotations,
    startsAt: new Date(firedMs ?? activeMs).toISOString(),
    endsAt: resolvedMs === undefined ? NO_END : new Date(resolvedMs).toISOString(),
    generatorURL: "",
    fingerprint: fingerprint(labels),
  };
}

function common(records: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = records;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)));
}

const FNV_OFFSET = 0xcbf2_9ce4_8422_2325n;
const FNV_PRIME = 0x100_0000_01b3n;
const MASK = 0xffff_ffff_ffff_ffffn;
const SEPARATOR = 0xff;

/** As Alertmanager has it: FNV-1a over names and values (prometheus/common model/signature.go). */
export function fingerprint(labels: LabelSet): string {
  let hash = FNV_OFFSET;
  const add = (byte: number): void => {
    hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & MASK;
  };
  for (const pair of labels.entries()) {
    for (const text of pair) {
      for (const byte of Buffer.from(text, "utf8")) add(byte);
      add(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, "0");
}
