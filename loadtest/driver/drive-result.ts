import { OUTCOMES, type Outcome } from "./outcome.ts";
import { PHASES, type Phases, type TimedResult } from "./timed-request.ts";

/** Milliseconds; undefined where nothing was measured. */
export interface LatencySummary {
  readonly count: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export type OutcomeCounts = Readonly<Record<Outcome, number>>;

export interface EndpointResult {
  readonly name: string;
  readonly sent: number;
  readonly outcomes: OutcomeCounts;
  /** Responses by status, as far as a head came and the response was complete. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Over all requests that ended, failed ones too: a latency of survivors only would flatter. */
  readonly latency: LatencySummary | undefined;
  readonly p95Phases: Phases | undefined;
  readonly bodyBytes: number;
}

/** planned = sent + dropped; sent = Σ outcomes. */
export interface DriveResult {
  readonly planned: number;
  readonly sent: number;
  /** Arrivals for which no request was sent because `maxInFlight` were under way: the load that was meant was not delivered. */
  readonly dropped: number;
  readonly outcomes: OutcomeCounts;
  readonly endpoints: readonly EndpointResult[];
  readonly latency: LatencySummary | undefined;
  readonly maxInFlight: number;
  /** From the begin to the end of the last request. */
  readonly elapsedMs: number;
  readonly achievedPerSecond: number;
}

/** Collects the results of one endpoint. */
export class EndpointTally {
  readonly name: string;
  readonly latenciesMs: number[] = [];
  readonly outcomes = emptyOutcomes();
  sent = 0;
  readonly #statuses = new Map<number, number>();
  readonly #phases: Readonly<Record<keyof Phases, number[]>> = { blocked: [], connect: [], send: [], wait: [], receive: [] };
  #bodyBytes = 0;

  constructor(name: string) {
    this.name = name;
  }

  add(result: TimedResult): void {
    this.outcomes[result.outcome]++;
    this.latenciesMs.push(result.latencyMs);
    for (const phase of PHASES) this.#phases[phase].push(result.phases[phase]);
    this.#bodyBytes += result.bodyBytes;
    const isComplete = result.outcome === "ok" || result.outcome.startsWith("http_");
    if (isComplete && result.status !== undefined) this.#statuses.set(result.status, (this.#statuses.get(result.status) ?? 0) + 1);
  }

  result(): EndpointResult {
    const p95 = (phase: keyof Phases) => quantile(sorted(this.#phases[phase]), 0.95);
    return {
      name: this.name,
      sent: this.sent,
      outcomes: { ...this.outcomes },
      statuses: new Map([...this.#statuses].sort(([a], [b]) => a - b)),
      latency: summarise(this.latenciesMs),
      p95Phases:
        this.latenciesMs.length === 0
          ? undefined
          : { blocked: p95("blocked"), connect: p95("connect"), send: p95("send"), wait: p95("wait"), receive: p95("receive") },
      bodyBytes: this.#bodyBytes,
    };
  }
}

export function emptyOutcomes(): Record<Outcome, number> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
}

export function sumOutcomes(parts: readonly OutcomeCounts[]): OutcomeCounts {
  const sum = emptyOutcomes();
  for (const part of parts) for (const outcome of OUTCOMES) sum[outcome] += part[outcome];
  return sum;
}

export function summarise(latenciesMs: readonly number[]): LatencySummary | undefined {
  if (latenciesMs.length === 0) return undefined;
  const ascending = sorted(latenciesMs);
  return {
    count: ascending.length,
    minMs: quantile(ascending, 0),
    p50Ms: quantile(ascending, 0.5),
    p95Ms: quantile(ascending, 0.95),
    p99Ms: quantile(ascending, 0.99),
    maxMs: quantile(ascending, 1),
  };
}

/** Nearest rank: the smallest measured value that at least this share of the values does not exceed. */
function quantile(ascending: Float64Array, share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? Number.NaN;
}

function sorted(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}
