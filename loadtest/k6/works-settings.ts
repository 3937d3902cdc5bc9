import { type Duration, type Env, EnvReader } from "./env-reader.ts";
import type { NormalizedWork } from "./works-document.ts";
import { DETAIL_ENDPOINTS, WORKS_ENDPOINTS, type WorksEndpoint, worksFor } from "./works-endpoints.ts";

export type ScenarioName = "smoke" | "baseline" | "spike";

/** A closed model: the rate follows from the answers. */
export interface ConstantLoad {
  readonly kind: "constant";
  readonly vus: number;
  readonly duration: Duration;
  /** What each virtual user waits after an iteration. */
  readonly pause: Duration;
}

/** An open model: iterations begin when they are due, whatever the server does. Rates are iterations per second. */
export interface SpikeLoad {
  readonly kind: "spike";
  readonly startPerSecond: number;
  readonly peakPerSecond: number;
  readonly endPerSecond: number;
  readonly ramp: Duration;
  readonly hold: Duration;
  readonly preAllocatedVus: number;
  readonly maxVus: number;
}

export interface WorksSettings {
  readonly baseUrl: string;
  readonly scenario: ScenarioName;
  readonly load: ConstantLoad | SpikeLoad;
  /** Requested in this order, one after the other, in each iteration. */
  readonly lists: readonly WorksEndpoint[];
  /** One of these, with the probability `detailRatio`, after the lists; [] where none is asked for. */
  readonly details: readonly WorksEndpoint[];
  readonly detailRatio: number;
  /** Mean number of HTTP requests of an iteration. */
  readonly requestsPerIteration: number;
  readonly authToken: string | undefined;
  readonly requestTimeout: Duration;
  /** Variables that are set and mean nothing in this scenario. */
  readonly ignored: readonly string[];
}

const SCENARIOS = ["smoke", "baseline", "spike"] as const;
const CONSTANT_DEFAULTS = { smoke: { vus: 1, duration: "30s" }, baseline: { vus: 10, duration: "3m" } } as const;
const ONLY_SPIKE = ["START_RPS", "PEAK_RPS", "PEAK_HTTP_RPS", "END_RPS", "RAMP", "HOLD", "PREALLOCATED_VUS", "MAX_VUS"];
const ONLY_CONSTANT = ["VUS", "DURATION", "PAUSE"];
/**
 * Virtual users are made for requests that take 0.4 s at the peak and may grow to those that take 2 s, the limit of acceptance. Many more than work
 * at a time only hold connections: 300 of them cost a Windows server 7 GB at 250 requests/s.
 */
const EXPECTED_SECONDS = 0.4;
const WORST_SECONDS = 2;

/**
 * The settings of `works-list.js`, from its environment.
 * @throws Error that names every mistake
 */
export function parseWorksSettings(env: Env, works: readonly NormalizedWork[]): WorksSettings {
  const read = new EnvReader(env);
  const scenario = read.word("SCENARIO", SCENARIOS, "smoke");
  const authToken = read.text("AUTH_TOKEN");
  const detailRatio = read.number("DETAIL_RATIO", 0, 0, 1);
  const endpoints = chooseEndpoints(read, works, authToken !== undefined, detailRatio);
  const requestsPerIteration = endpoints.lists.length + (endpoints.details.length > 0 ? endpoints.ratio : 0);
  const settings = {
    baseUrl: read.address("BASE_URL", "http://127.0.0.1:8082", ["http", "https"]),
    scenario,
    load: scenario === "spike" ? spikeLoad(read, requestsPerIteration) : constantLoad(read, CONSTANT_DEFAULTS[scenario]),
    lists: endpoints.lists,
    details: endpoints.details,
    detailRatio: endpoints.ratio,
    requestsPerIteration,
    authToken,
    requestTimeout: read.duration("REQUEST_TIMEOUT", "30s"),
    ignored: (scenario === "spike" ? ONLY_CONSTANT : ONLY_SPIKE).filter((name) => read.isSet(name)),
  };
  read.throwMistakes();
  return settings;
}

/** `10 → 50 → 10 HTTP requests/s`: what a rate of iterations means in requests. */
export function describeOffer({ load, requestsPerIteration }: WorksSettings): string {
  const each = `${round(requestsPerIteration)} HTTP ${requestsPerIteration === 1 ? "request" : "requests"} per iteration`;
  if (load.kind === "constant") {
    const mostPerSecond =
      load.pause.ms === 0
        ? "as many requests/s as the answers allow"
        : `at most ${round((load.vus * requestsPerIteration * 1000) / load.pause.ms)} HTTP requests/s`;
    return `${load.vus} ${load.vus === 1 ? "VU" : "VUs"} for ${load.duration.text}, ${each}, PAUSE ${load.pause.text}: ${mostPerSecond}, fewer the slower the answers`;
  }
  const rates = [load.startPerSecond, load.peakPerSecond, load.endPerSecond];
  const iterations = rates.map(round).join(" → ");
  const requests = rates.map((rate) => round(rate * requestsPerIteration)).join(" → ");
  return `${iterations} iterations/s × ${each} = ${requests} HTTP requests/s offered (RAMP ${load.ramp.text}, HOLD ${load.hold.text})`;
}

/** Two digits behind the point at most. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function constantLoad(read: EnvReader, defaults: { readonly vus: number; readonly duration: string }): ConstantLoad {
  return {
    kind: "constant",
    vus: read.whole("VUS", defaults.vus, 1, 10_000),
    duration: read.duration("DURATION", defaults.duration),
    pause: read.duration("PAUSE", "1s", true),
  };
}

function spikeLoad(read: EnvReader, requestsPerIteration: number): SpikeLoad {
  if (read.isSet("PEAK_RPS") && read.isSet("PEAK_HTTP_RPS")) {
    read.refuse("PEAK_HTTP_RPS", "PEAK_RPS (iterations) and PEAK_HTTP_RPS (requests) are both set; keep one");
  }
  const fromRequests = read.number("PEAK_HTTP_RPS", 0, 0.1, 100_000) / requestsPerIteration;
  const peakPerSecond = fromRequests > 0 ? fromRequests : read.number("PEAK_RPS", 25, 0.1, 100_000);
  const vusFor = (seconds: number) => Math.max(1, Math.ceil(peakPerSecond * requestsPerIteration * seconds));
  const maxVus = read.whole("MAX_VUS", Math.max(vusFor(WORST_SECONDS), Number(read.text("PREALLOCATED_VUS") ?? 1) || 1), 1, 100_000);
  const preAllocatedVus = read.whole("PREALLOCATED_VUS", Math.min(maxVus, vusFor(EXPECTED_SECONDS)), 1, 100_000);
  if (preAllocatedVus > maxVus) read.refuse("PREALLOCATED_VUS", `more than MAX_VUS (${maxVus})`);
  return {
    kind: "spike",
    startPerSecond: read.number("START_RPS", 5, 0, 100_000),
    peakPerSecond,
    endPerSecond: read.number("END_RPS", 5, 0, 100_000),
    ramp: read.duration("RAMP", "30s"),
    hold: read.duration("HOLD", "60s"),
    preAllocatedVus,
    maxVus,
  };
}

interface Chosen {
  readonly lists: readonly WorksEndpoint[];
  readonly details: readonly WorksEndpoint[];
  readonly ratio: number;
}

function chooseEndpoints(read: EnvReader, works: readonly NormalizedWork[], hasToken: boolean, detailRatio: number): Chosen {
  const lists = WORKS_ENDPOINTS.filter(({ answers, isPersonal }) => answers === "list" && (!isPersonal || hasToken));
  const name = read.text("ENDPOINT");
  if (name === undefined) {
    const details = detailRatio === 0 ? [] : DETAIL_ENDPOINTS.filter((endpoint) => worksFor(endpoint, works).length > 0);
    if (detailRatio > 0 && details.length === 0) read.refuse("DETAIL_RATIO", "WORKS_DATA has no published work with a detail endpoint");
    return { lists, details, ratio: detailRatio };
  }
  const only = WORKS_ENDPOINTS.find((endpoint) => endpoint.name === name);
  if (only === undefined) {
    read.refuse("ENDPOINT", `choose one of ${WORKS_ENDPOINTS.map((endpoint) => endpoint.name).join(", ")}`);
    return { lists, details: [], ratio: 0 };
  }
  if (detailRatio > 0) read.refuse("DETAIL_RATIO", "with ENDPOINT, every request goes to that endpoint; leave one of the two out");
  if (only.isPersonal && !hasToken) read.refuse("ENDPOINT", "needs AUTH_TOKEN");
  if (only.answers === "list") return { lists: [only], details: [], ratio: 0 };
  if (worksFor(only, works).length === 0) read.refuse("ENDPOINT", "WORKS_DATA has no work that it could ask for");
  return { lists: [], details: [only], ratio: 1 };
}
