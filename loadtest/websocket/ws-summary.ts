import { type SummaryInput, showMs, showPercent, statOf, table, thresholdLines } from "../k6/summary-text.ts";
import { ATTEMPTS, COHORTS } from "./ws-options.ts";
import { sendsDue, type WsSettings } from "./ws-settings.ts";

/** The end of a run in words. */
export function wsSummary(settings: WsSettings, summary: SummaryInput): string {
  const count = (metric: string) => statOf(summary, metric, "count") ?? 0;
  return [
    "",
    `ws-load ${settings.mode} against ${settings.url}: ${settings.clients} clients for ${settings.duration.text}`,
    ...connectionLines(summary, count),
    ...trafficLines(settings, summary, count),
    "",
    "thresholds",
    ...thresholdLines(summary, (expression) => !/^(?:count|rate|max)>=0$/.test(expression)),
    "",
  ].join("\n");
}

type Count = (metric: string) => number;

function connectionLines(summary: SummaryInput, count: Count): readonly string[] {
  const rows = ATTEMPTS.map((attempt) => {
    const made = statOf(summary, `ws_load_connected{attempt:${attempt}}`, "passes") ?? 0;
    const attempts = count(`ws_load_connect_attempts{attempt:${attempt}}`);
    return [attempt, String(attempts), String(made), String(attempts - made), attempts === 0 ? "–" : showPercent(made / attempts)];
  });
  const [attempts, made] = [count("ws_load_connect_attempts"), statOf(summary, "ws_load_connected", "passes") ?? 0];
  return [
    "",
    ...table([["connections", "attempts", "made", "failed", "made of attempts"], ...rows]),
    `  ${count("ws_load_lost")} lost by the other side, ${count("ws_load_flapped")} cut on purpose; ${made === 0 ? "–" : (attempts / made).toFixed(2)} attempts per connection`,
  ];
}

function trafficLines(settings: WsSettings, summary: SummaryInput, count: Count): readonly string[] {
  if (settings.traffic === "none") return [];
  const due = sendsDue(settings);
  const isPings = settings.traffic === "pings";
  const sent = count(isPings ? "ws_load_pings_sent" : "ws_load_messages_sent");
  const offered = `  ${settings.traffic}: ${sent} of ${due} due were sent (${due === 0 ? "–" : showPercent(sent / due)})`;
  const stats = (metric: string) => ["med", "p(95)", "p(99)", "max"].map((stat) => showMs(statOf(summary, metric, stat)));
  if (isPings) {
    const answered = statOf(summary, "ws_load_ping_answered", "passes") ?? 0;
    const times = answered === 0 ? ["–", "–", "–", "–"] : stats("ws_load_rtt");
    return [
      "",
      `${offered}, ${answered} answered`,
      ...table([
        ["", "p50 ms", "p95 ms", "p99 ms", "max ms"],
        ["round trip", ...times],
      ]),
    ];
  }
  const rows = COHORTS.map((cohort) => {
    const received = count(`ws_load_messages_received{cohort:${cohort}}`);
    const times = received === 0 ? ["–", "–", "–", "–"] : stats(`ws_load_e2e{cohort:${cohort}}`);
    return [cohort, String(received), String(count(`ws_load_lost{cohort:${cohort}}`)), ...times];
  });
  return [
    "",
    `${offered}; ${count("ws_load_messages_foreign")} received that are not of this run`,
    ...table([["readers", "received", "lost", "p50 ms", "p95 ms", "p99 ms", "max ms"], ...rows]),
  ];
}
