import { Agent } from "node:http";
import { type ArrivalRate, arrivalTimes } from "./arrival.ts";
import { type DriveResult, EndpointTally, summarise, sumOutcomes } from "./drive-result.ts";
import { type TimedResult, timedRequest } from "./timed-request.ts";
import { newTraceparent } from "./traceparent.ts";

export interface DriveTarget {
  /** Endpoint name in the result. */
  readonly name: string;
  readonly method?: string;
  /** Asked for each request, counted from 0 per target, so that ids can vary. */
  readonly path: (index: number) => string;
  /** Share of the requests, relative to the other targets. */
  readonly weight: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DriveOptions {
  /** `http://host:port`. */
  readonly baseUrl: string;
  readonly rate: ArrivalRate;
  readonly targets: readonly DriveTarget[];
  /** Arrivals beyond this many requests under way are dropped and counted, as k6's `dropped_iterations`. */
  readonly maxInFlight: number;
  /** Connections; requests that find none free wait in the phase `blocked`. Default: as many as `maxInFlight`. */
  readonly maxSockets?: number;
  readonly timeoutMs: number;
  readonly observer?: DriveObserver;
  /** Ends the load early; requests under way are waited for. */
  readonly signal?: AbortSignal;
}

/** Hears of every request while the load lasts; must be quick. */
export interface DriveObserver {
  /** It is due. */
  planned(): void;
  /** It was due and is not sent: too many are under way. */
  dropped(): void;
  /** `target` is its name. */
  ended(target: string, result: TimedResult, sent: SentRequest): void;
}

/** What a request was sent as. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly traceparent: string;
  /** When it was due, Unix ms with fractions. */
  readonly intendedUnixMs: number;
}

/**
 * Open-loop load: requests begin when the arrival rate says so, whether or not earlier ones have come back, and latency counts from the
 * intended start, so that a stall of server or driver is seen by every request it delays (no coordinated omission).
 * Each request carries a sampled W3C `traceparent` of its own.
 */
export async function drive(options: DriveOptions): Promise<DriveResult> {
  const { hostname, port, protocol } = new URL(options.baseUrl);
  if (protocol !== "http:") throw new TypeError(`${options.baseUrl}: the driver speaks plain HTTP only; give http://host:port`);
  const agent = new Agent({ keepAlive: true, maxSockets: options.maxSockets ?? options.maxInFlight });
  const tallies = options.targets.map((target) => new EndpointTally(target.name));
  const pick = weightedTurns(options.targets.map((target) => target.weight));
  const underWay = new Set<Promise<void>>();
  const totals = { planned: 0, dropped: 0, maxInFlight: 0 };
  const beganMs = performance.now();

  const launch = (intendedMs: number) => {
    totals.planned++;
    options.observer?.planned();
    const turn = pick();
    if (underWay.size >= options.maxInFlight) {
      totals.dropped++;
      options.observer?.dropped();
      return;
    }
    const target = options.targets[turn] as DriveTarget;
    const tally = tallies[turn] as EndpointTally;
    const sent: SentRequest = {
      method: target.method ?? "GET",
      path: target.path(tally.sent++),
      traceparent: newTraceparent(),
      intendedUnixMs: performance.timeOrigin + intendedMs,
    };
    const running = timedRequest({
      agent,
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(port || 80),
      method: sent.method,
      path: sent.path,
      headers: { ...target.headers, traceparent: sent.traceparent },
      timeoutMs: options.timeoutMs,
      intendedMs,
    }).then((result) => {
      tally.add(result);
      options.observer?.ended(target.name, result, sent);
      underWay.delete(running);
    });
    underWay.add(running);
    totals.maxInFlight = Math.max(totals.maxInFlight, underWay.size);
  };

  await keepTime(arrivalTimes(options.rate), beganMs, launch, options.signal);
  await Promise.all(underWay);
  agent.destroy();
  const elapsedMs = performance.now() - beganMs;
  const endpoints = tallies.map((tally) => tally.result());
  const sent = endpoints.reduce((sum, endpoint) => sum + endpoint.sent, 0);
  return {
    ...totals,
    sent,
    outcomes: sumOutcomes(endpoints.map((endpoint) => endpoint.outcomes)),
    endpoints,
    latency: summarise(tallies.flatMap((tally) => tally.latenciesMs)),
    elapsedMs,
    achievedPerSecond: elapsedMs > 0 ? (sent / elapsedMs) * 1000 : 0,
  };
}

/** Calls `launch` for every arrival at its time, or as soon after as the event loop allows, with the time it was meant for. */
function keepTime(
  arrivals: Iterator<number, void>,
  beganMs: number,
  launch: (intendedMs: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    resolve();
  };
  const tick = (next: number) => {
    try {
      let dueMs: number | undefined = next;
      while (dueMs !== undefined && beganMs + dueMs <= performance.now()) {
        launch(beganMs + dueMs);
        dueMs = arrivals.next().value ?? undefined;
      }
      if (dueMs === undefined || signal?.aborted === true) stop();
      else timer = setTimeout(tick, Math.max(1, beganMs + dueMs - performance.now()), dueMs);
    } catch (error) {
      reject(error);
    }
  };
  signal?.addEventListener("abort", stop, { once: true });
  const first = arrivals.next().value;
  if (first === undefined || signal?.aborted === true) stop();
  else tick(first);
  return promise.finally(() => signal?.removeEventListener("abort", stop));
}

/** Smooth weighted round robin (nginx's): each target gets its share in every short stretch, without randomness. */
function weightedTurns(weights: readonly number[]): () => number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || weights.some((weight) => !(weight >= 0))) throw new RangeError("Targets need weights from 0 up, not all 0");
  const current = weights.map(() => 0);
  return () => {
    let best = 0;
    for (let index = 0; index < current.length; index++) {
      current[index] = (current[index] as number) + (weights[index] as number);
      if ((current[index] as number) > (current[best] as number)) best = index;
    }
    current[best] = (current[best] as number) - total;
    return best;
  };
}
