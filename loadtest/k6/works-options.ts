import type { ScenarioName, SpikeLoad, WorksSettings } from "./works-settings.ts";

/** The reasons why a request failed, as the tag `cause` of `works_list_failures` has them. */
export const FAILURE_CAUSES = ["timeout", "refused", "connection", "http_401", "http_404", "http_429", "http_503", "http_5xx", "other"] as const;
export type FailureCause = (typeof FAILURE_CAUSES)[number];

type Thresholds = Record<string, string[]>;

/** Acceptance, by scenario. Latencies are held to it with and without failures: a timeout is long, and a refused connection counts as 0 ms. */
const ACCEPTANCE: Readonly<Record<ScenarioName, { readonly duration: readonly string[]; readonly noneDropped: boolean }>> = {
  smoke: { duration: ["p(95)<2000"], noneDropped: false },
  baseline: { duration: ["p(95)<800", "p(99)<1500"], noneDropped: false },
  spike: { duration: ["p(95)<2000"], noneDropped: true },
};

/** The options of a k6 script for these settings. `exec` is the name of its exported function. */
export function worksOptions(settings: WorksSettings, exec: string) {
  return {
    scenarios: { [settings.scenario]: { exec, gracefulStop: gracefulStop(settings), ...executor(settings) } },
    thresholds: { ...acceptance(settings.scenario), ...figures(settings) },
    summaryTrendStats: ["avg", "min", "med", "p(90)", "p(95)", "p(99)", "max"],
    // A redirect would be a second request of which nobody knows; it is a failure here.
    maxRedirects: 0,
    throw: false,
  };
}

function executor({ load }: WorksSettings) {
  if (load.kind === "constant") return { executor: "constant-vus", vus: load.vus, duration: load.duration.text };
  const { timeUnit, target } = wholeRates(load);
  return {
    executor: "ramping-arrival-rate",
    startRate: target(load.startPerSecond),
    timeUnit,
    preAllocatedVUs: load.preAllocatedVus,
    maxVUs: load.maxVus,
    stages: [
      { target: target(load.peakPerSecond), duration: load.ramp.text },
      { target: target(load.peakPerSecond), duration: load.hold.text },
      { target: target(load.endPerSecond), duration: load.ramp.text },
    ],
  };
}

/** k6 takes whole numbers only; 12.5 a second are 750 a minute. */
function wholeRates({ startPerSecond, peakPerSecond, endPerSecond }: SpikeLoad) {
  if ([startPerSecond, peakPerSecond, endPerSecond].every(Number.isInteger)) return { timeUnit: "1s", target: (rate: number) => rate };
  return { timeUnit: "1m", target: (rate: number) => Math.round(rate * 60) };
}

/** As long as an iteration can take: one that is cut off leaves requests behind that the server saw and k6 did not count. */
function gracefulStop({ lists, details, load, requestTimeout }: WorksSettings): string {
  const requests = lists.length + (details.length > 0 ? 1 : 0);
  const pauseMs = load.kind === "constant" ? load.pause.ms : 0;
  return `${Math.ceil((requests * requestTimeout.ms + pauseMs) / 1000) + 1}s`;
}

function acceptance(scenario: ScenarioName): Thresholds {
  const { duration, noneDropped } = ACCEPTANCE[scenario];
  return {
    http_req_failed: ["rate<0.01"],
    works_list_shape_error_rate: ["rate<0.01"],
    http_req_duration: [...duration],
    "http_req_duration{expected_response:true}": [...duration],
    ...(noneDropped ? { dropped_iterations: ["count==0"] } : {}),
  };
}

/** k6 keeps figures of a tag only where a threshold names it: these always hold. */
function figures({ lists, details }: WorksSettings): Thresholds {
  const names = [...lists, ...details].map(({ name }) => name);
  return Object.fromEntries([
    ...names.flatMap((name) => [
      [`http_reqs{endpoint:${name}}`, ["count>=0"]],
      [`works_list_request_failed{endpoint:${name}}`, ["rate>=0"]],
      [`works_list_shape_error_rate{endpoint:${name}}`, ["rate>=0"]],
      [`http_req_duration{endpoint:${name},expected_response:true}`, ["max>=0"]],
    ]),
    ...FAILURE_CAUSES.map((cause) => [`works_list_failures{cause:${cause}}`, ["count>=0"]]),
  ]) as Thresholds;
}

/** Whether a threshold is one of acceptance, not of those that only keep figures. */
export function isAcceptance(expression: string): boolean {
  return !/^(?:count|rate|max)>=0$/.test(expression);
}
