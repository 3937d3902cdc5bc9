import type { Attributes } from "../../model/attributes.ts";
import type { SumKey } from "../../model/ledger.ts";
import { type ErrorKind, errorKindOfStatus, outcomeOf } from "../../model/load-outcome.ts";
import type { EndpointSource } from "../../model/load-record.ts";
import type { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { errorKindOfK6, isK6ConnectionFailure, K6_REQUEST_TIMEOUT } from "../../wire/generators/k6-error-codes.ts";
import { type CellFate, cellStatus } from "./cell-table.ts";
import type { HistogramGain } from "./metric-gains.ts";
import { numberAt, textAt } from "./read-value.ts";
import { addLatency, type Counted, countRequests, type RecorderParts } from "./recorder-parts.ts";
import type { Sender } from "./senders.ts";

/** k6's trends of requests, and what their sums are called in a cell. */
const TRENDS: ReadonlyMap<string, SumKey | "duration"> = new Map<string, SumKey | "duration">([
  ["http_req_duration", "duration"],
  ["http_req_blocked", "blocked"],
  ["http_req_connecting", "connect"],
  ["http_req_tls_handshaking", "tls"],
  ["http_req_sending", "send"],
  ["http_req_waiting", "wait"],
  ["http_req_receiving", "recv"],
]);
export const K6_REQUESTS = "http_reqs";

/** k6's own name of a metric that counts or times requests, whatever stands before it (K6_OTEL_METRIC_PREFIX). */
export function k6RequestMetric(name: string): string | undefined {
  const at = name.lastIndexOf("http_req");
  const own = at < 0 ? "" : name.slice(at);
  return own === K6_REQUESTS || TRENDS.has(own) ? own : undefined;
}

/** What one export says of one tag set. */
interface Group {
  readonly second: number;
  readonly attributes: Attributes;
  requests: number;
  duration: HistogramGain | undefined;
  readonly phases: Map<SumKey, HistogramGain>;
}

/** k6 counts a request in nine metrics of one tag set; put together again they are one cell. */
export class K6Export {
  readonly #parts: RecorderParts;
  readonly #sender: Sender;
  readonly #groups = new Map<string, Group>();

  constructor(parts: RecorderParts, sender: Sender) {
    this.#parts = parts;
    this.#sender = sender;
  }

  addRequests(attributes: Attributes, second: number, gain: number): void {
    this.#group(attributes, second).requests += gain;
  }

  addTrend(metric: string, attributes: Attributes, second: number, gain: HistogramGain): void {
    const key = TRENDS.get(metric);
    const group = this.#group(attributes, second);
    if (key === "duration") group.duration = gain;
    else if (key !== undefined) group.phases.set(key, gain);
  }

  /** At the end of the batch. */
  record(): void {
    for (const group of this.#groups.values()) this.#recordGroup(group);
    this.#groups.clear();
  }

  #group(attributes: Attributes, second: number): Group {
    const key = `${second} ${attributes.canonicalKey}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const made: Group = { second, attributes, requests: 0, duration: undefined, phases: new Map() };
    this.#groups.set(key, made);
    return made;
  }

  #recordGroup(group: Group): void {
    const { attributes, second } = group;
    const requests = Math.round(group.requests);
    if (requests === 0 && group.duration === undefined && group.phases.size === 0) return;
    const { method, name, source } = k6Endpoint(attributes);
    const witness = this.#sender.witness("client", { durationMeans: "send_to_last_byte", correction: "not_needed", survivorsOnly: "no" });
    witness.heard(this.#parts.arrivedMs(), second * 1000);
    const common = {
      second,
      source: this.#sender.cells("client", "metrics"),
      instance: this.#sender.instance,
      scenario: textAt(attributes, "scenario"),
      endpoint: this.#parts.endpoints.of(method, name, source),
      witness,
    };
    // Times stand with the kind that most of the requests have: they cannot be told apart.
    const [most, ...others] = fatesOf(group, requests).sort((a, b) => b.count - a.count);
    for (const { fate, count } of others) countRequests(this.#parts, { ...common, fate }, count);
    if (most === undefined) return;
    this.#recordTimes(group, { ...common, fate: most.fate }, most.count);
  }

  #recordTimes({ duration, phases }: Group, counted: Counted, count: number): void {
    const cell = countRequests(this.#parts, counted, count);
    // k6 writes 0 for all times of a request that got no connection: no measurements, and every quantile would fall.
    const hasNoConnection = counted.fate.status === 0 && (duration === undefined || isZero(duration));
    if (cell === undefined || hasNoConnection) return;
    if (duration?.histogram !== undefined && duration.count > 0) addLatency(this.#parts, counted, cell, measured(duration.histogram, counted.fate));
    for (const [key, gain] of phases) if (gain.sum !== undefined) cell.addSum(key, gain.sum, gain.count);
  }
}

function measured(histogram: ExponentialHistogram, { status }: CellFate): ExponentialHistogram {
  return status === 0 && histogram.zeroCount > 0 ? withoutZeros(histogram) : histogram;
}

/** Of requests without an answer those that never began are 0. */
function withoutZeros(histogram: ExponentialHistogram): ExponentialHistogram {
  const copy = histogram.copy();
  copy.count -= copy.zeroCount;
  copy.zeroCount = 0;
  if (copy.min === 0) copy.min = undefined;
  return copy;
}

function isZero({ sum, count, zeros }: HistogramGain): boolean {
  return sum === 0 || (zeros !== undefined && zeros === count);
}

/** Since k6 0.41 `url` repeats the tag `name` where a script set one; without one, both are the URL. */
function k6Endpoint(attributes: Attributes): { readonly method: string; readonly name: string; readonly source: EndpointSource } {
  const name = textAt(attributes, "name", "url");
  const method = textAt(attributes, "method").toUpperCase();
  if (name === "") return { method, name, source: "none" };
  return { method, name, source: /^[a-z][a-z0-9+.-]*:\/\//i.test(name) ? "url" : "name" };
}

interface FateCount {
  readonly fate: CellFate;
  readonly count: number;
}

/**
 * By k6's tags `status`, `error_code` and `expected_response`, as k6-request.ts does it for single requests. A timeout's kind is told by the phases
 * of the same tag set: in how many of its requests a byte had been received, and in how many only the wait had begun.
 */
function fatesOf({ attributes, phases }: Group, requests: number): FateCount[] {
  const status = cellStatus(numberAt(attributes, "status"));
  const code = numberAt(attributes, "error_code");
  const expected = textAt(attributes, "expected_response");
  const isExpected = expected === "" ? undefined : expected === "true";
  const fate = (errorKind: ErrorKind | undefined): CellFate => ({ outcome: outcomeOf(errorKind), errorKind, status });
  if (code === K6_REQUEST_TIMEOUT && isExpected !== true) return timeoutsOf(phases, requests).map(({ kind, count }) => ({ fate: fate(kind), count }));
  if (code !== undefined && isExpected !== true) {
    const errorKind = errorKindOfK6(code, {});
    const made = fate(errorKind);
    return [{ fate: errorKind === "other" && isK6ConnectionFailure(code) ? { ...made, outcome: "connection_error" } : made, count: requests }];
  }
  if (isExpected === false) return [{ fate: fate(status === 0 ? "other" : "body_check"), count: requests }];
  if (isExpected === true) return [{ fate: fate(undefined), count: requests }];
  const told = status === undefined ? undefined : status === 0 ? "other" : errorKindOfStatus(status);
  return [{ fate: status === undefined ? { outcome: "unknown", errorKind: undefined, status } : fate(told), count: requests }];
}

function timeoutsOf(phases: Group["phases"], requests: number): { readonly kind: ErrorKind; readonly count: number }[] {
  const [receiving, waiting] = [nonZero(phases.get("recv"), requests), nonZero(phases.get("wait"), requests)];
  if (receiving === undefined || waiting === undefined) return [{ kind: "timeout_unknown", count: requests }];
  const counts: { readonly kind: ErrorKind; readonly count: number }[] = [
    { kind: "timeout_recv", count: receiving },
    { kind: "timeout_wait", count: Math.max(0, waiting - receiving) },
    { kind: "timeout_unknown", count: requests - Math.max(waiting, receiving) },
  ];
  return counts.filter(({ count }) => count > 0);
}

/** In how many requests a phase took any time; undefined where the buckets do not tell, or are of other requests. */
function nonZero(gain: HistogramGain | undefined, requests: number): number | undefined {
  if (gain === undefined || gain.count !== requests) return undefined;
  if (gain.sum === 0) return 0;
  return gain.zeros === undefined ? undefined : gain.count - gain.zeros;
}
