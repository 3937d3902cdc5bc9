import type { WsSettings } from "./ws-settings.ts";

/** Longest a handshake, or the closing of one, may go on after DURATION. */
const GRACE_SECONDS = 10;

export const COHORTS = ["fast", "slow"] as const;
export const ATTEMPTS = ["first", "again"] as const;

/** The options of a k6 script for these settings, which runs fast clients by `fastExec` and slow ones by `slowExec`. */
export function wsOptions(settings: WsSettings, fastExec: string, slowExec: string) {
  const maxDuration = `${Math.ceil(settings.duration.ms / 1000) + GRACE_SECONDS}s`;
  const each = { executor: "per-vu-iterations", iterations: 1, maxDuration, gracefulStop: "1s" };
  return {
    scenarios: {
      ...(settings.clients > settings.slowClients ? { fast: { ...each, exec: fastExec, vus: settings.fastVus } } : {}),
      ...(settings.slowClients > 0 ? { slow: { ...each, exec: slowExec, vus: settings.slowClients } } : {}),
    },
    thresholds: { ...figures(), ...acceptance(settings) },
    summaryTrendStats: ["avg", "min", "med", "p(90)", "p(95)", "p(99)", "max"],
  };
}

/** Slow clients may be slow and may be cut off; those that read must not suffer from them. */
function acceptance({ traffic, clients, slowClients }: WsSettings): Record<string, string[]> {
  const isRead = traffic === "messages" && clients > slowClients;
  return {
    "ws_load_connected{attempt:first}": ["rate>0.99"],
    ...(traffic === "pings" ? { ws_load_ping_answered: ["rate>0.99"] } : {}),
    // A time that nobody measured passes every limit, so something must have been received too.
    ...(isRead ? { "ws_load_e2e{cohort:fast}": ["p(99)<5000"], "ws_load_messages_received{cohort:fast}": ["count>0"] } : {}),
  };
}

/** k6 keeps figures of a tag only where a threshold names it: these always hold. */
function figures(): Record<string, string[]> {
  return Object.fromEntries([
    ...ATTEMPTS.map((attempt) => [`ws_load_connect_attempts{attempt:${attempt}}`, ["count>=0"]]),
    ["ws_load_connected{attempt:again}", ["rate>=0"]],
    ...COHORTS.flatMap((cohort) => [
      [`ws_load_messages_received{cohort:${cohort}}`, ["count>=0"]],
      [`ws_load_lost{cohort:${cohort}}`, ["count>=0"]],
    ]),
    ["ws_load_e2e{cohort:slow}", ["max>=0"]],
  ]) as Record<string, string[]>;
}
