import { Attributes } from "../../model/attributes.ts";
import { type ErrorKind, errorKindOfStatus, outcomeOf } from "../../model/load-outcome.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, BLANK_REQUEST, type Endpoint, type LatencyView, NO_ENDPOINT } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import { boundedText, errorKindOfText } from "./error-text.ts";
import type {
  MappedDistribution,
  MappedDurationUnit,
  MappedTimeUnit,
  RequestMapping,
  SampleMapping,
  Source,
  SummaryMapping,
} from "./generic-mapping.ts";
import type { LineFate } from "./open-lines.ts";
import { amountOf, numberOf, parseCount } from "./parse-number.ts";
import { nanosOfMs, parseAnyTime, parseRfc3339, parseUnix } from "./parse-time.ts";
import type { Emit } from "./reader.ts";

/** The text at a source; "" where there is none. */
export type Lookup = (source: Source) => string;

export const MS_PER: Readonly<Record<MappedDurationUnit, number>> = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };
const STEP_MS: Readonly<Record<MappedTimeUnit, number>> = { s: 1000, ms: 1, us: 0, ns: 0, rfc3339: 0, auto: 0 };

export function parseMappedTime(text: string, unit: MappedTimeUnit): UnixNano | undefined {
  if (unit === "auto") return parseAnyTime(text);
  return unit === "rfc3339" ? parseRfc3339(text) : parseUnix(text, unit);
}

/** One row as a request. */
export function emitMappedRequest(mapping: RequestMapping, get: Lookup, emit: Emit): LineFate {
  const time = parseMappedTime(get(mapping.time.from), mapping.time.unit);
  if (time === undefined) return "bad_time";
  const measured = mapping.duration === undefined ? undefined : amountOf(get(mapping.duration.from));
  if (mapping.duration !== undefined && measured === undefined && get(mapping.duration.from) !== "") return "bad_number";
  const durationMs = measured === undefined || mapping.duration === undefined ? undefined : measured * MS_PER[mapping.duration.unit];
  const status = mapping.status === undefined ? undefined : parseCount(get(mapping.status));
  const isOk = mapping.ok?.values.includes(get(mapping.ok.from));
  const error = mapping.error === undefined ? "" : get(mapping.error);
  const errorKind = errorKindOf(status, isOk, error);
  const isJudged = errorKind !== undefined || status !== undefined || isOk !== undefined || mapping.error !== undefined;
  const other = (sign: bigint) => (durationMs === undefined ? undefined : time + sign * nanosOfMs(durationMs));
  const optional = (source: Source | undefined) => (source === undefined ? "" : get(source));
  emit({
    ...BLANK_REQUEST,
    endpoint: endpointOf(mapping, get),
    startUnixNano: mapping.time.means === "start" ? time : other(-1n),
    endUnixNano: mapping.time.means === "end" ? time : other(1n),
    stamped: mapping.time.means,
    stampStepMs: STEP_MS[mapping.time.unit],
    outcome: isJudged ? outcomeOf(errorKind) : "unknown",
    errorKind,
    errorText: boundedText(error),
    status,
    judgedFailed: isOk === undefined ? undefined : !isOk,
    durationMs,
    durationMeans: mapping.duration?.means ?? "unknown",
    responseBytes: mapping.responseBytes === undefined ? undefined : parseCount(get(mapping.responseBytes)),
    scenario: optional(mapping.scenario),
    vu: optional(mapping.vu),
    traceId: optional(mapping.traceId),
    requestId: optional(mapping.requestId),
    tags: tagsOf(mapping.tags, get),
  });
  return "accepted";
}

function errorKindOf(status: number | undefined, isOk: boolean | undefined, error: string): ErrorKind | undefined {
  if (isOk === true) return undefined;
  const byStatus = status === undefined || status === 0 ? undefined : errorKindOfStatus(status);
  if (byStatus !== undefined) return byStatus;
  if (error !== "") return errorKindOfText(error);
  return isOk === false || status === 0 ? "other" : undefined;
}

function endpointOf({ endpoint, method }: RequestMapping, get: Lookup): Endpoint {
  if (endpoint === undefined) return NO_ENDPOINT;
  const name = "fixed" in endpoint ? endpoint.fixed : get(endpoint.from);
  const source = "fixed" in endpoint ? "name" : (endpoint.source ?? "name");
  return { method: method === undefined ? "" : get(method).toUpperCase(), name, url: "", source: name === "" ? "none" : source };
}

/** One row as values; a row without any of them is rejected, a single missing value is not. */
export function emitMappedSamples(mapping: SampleMapping, get: Lookup, emit: Emit): LineFate {
  const timeUnixNano = parseMappedTime(get(mapping.time.from), mapping.time.unit);
  if (timeUnixNano === undefined) return "bad_time";
  const tags = tagsOf(mapping.tags, get, mapping.fixedTags);
  let given = 0;
  for (const { from, name, unit = "", type = "gauge", factor = 1 } of mapping.values) {
    const value = numberOf(get(from).trim());
    if (value === undefined) continue;
    given += 1;
    emit({ kind: "sample", name, type, unit, timeUnixNano, value: value * factor, tags });
  }
  return given > 0 ? "accepted" : "bad_number";
}

/** One document as the sum of a run. */
export function emitMappedSummary(mapping: SummaryMapping, get: Lookup, emit: Emit): LineFate {
  const amount = (source: Source | undefined) => (source === undefined ? undefined : amountOf(get(source)));
  const startUnixNano = mapping.start === undefined ? undefined : parseMappedTime(get(mapping.start.from), mapping.start.unit);
  const durationSeconds = amount(mapping.durationSeconds);
  const [count, ok] = [amount(mapping.count), amount(mapping.ok)];
  const name = mapping.endpoint ?? "";
  const basis = {
    ...BLANK_AGGREGATE,
    endpoint: name === "" ? NO_ENDPOINT : ({ method: "", name, url: "", source: "name" } as const),
    startUnixNano,
    endUnixNano: startUnixNano === undefined || durationSeconds === undefined ? undefined : startUnixNano + nanosOfMs(durationSeconds * 1000),
    durationSeconds,
  };
  let given = 0;
  if (count !== undefined) {
    given += 1;
    emit({ ...basis, count, outcomes: ok === undefined || ok > count ? {} : { ok, unknown: count - ok } });
  }
  for (const { from, name: counter, unit = "", type = "total", factor = 1 } of mapping.counters ?? []) {
    const value = amount(from);
    if (value === undefined) continue;
    given += 1;
    emit({ kind: "sample", name: counter, type, unit, timeUnixNano: basis.endUnixNano, value: value * factor, tags: Attributes.EMPTY });
  }
  for (const distribution of mapping.distributions ?? []) {
    const view = viewOf(distribution, amount);
    if (view === undefined) continue;
    given += 1;
    const tags = distribution.cohort === undefined ? Attributes.EMPTY : Attributes.from({ cohort: distribution.cohort });
    emit({ ...basis, isTotal: distribution.cohort === undefined, latencies: [view], tags });
  }
  return given > 0 ? "accepted" : "unknown_shape";
}

function viewOf(mapping: MappedDistribution, amount: (source: Source | undefined) => number | undefined): LatencyView | undefined {
  const ms = (source: Source | undefined) => {
    const value = amount(source);
    return value === undefined ? undefined : value * MS_PER[mapping.unit];
  };
  const quantiles = mapping.quantiles.flatMap(({ q, from }) => {
    const value = ms(from);
    return value === undefined ? [] : [{ q, ms: value }];
  });
  const [minMs, meanMs, maxMs] = [ms(mapping.min), ms(mapping.mean), ms(mapping.max)];
  if (quantiles.length === 0 && meanMs === undefined && maxMs === undefined) return undefined;
  const { of, means = "unknown", survivorsOnly } = mapping;
  return {
    ...BLANK_LATENCY,
    of,
    means,
    count: amount(mapping.count),
    minMs,
    meanMs,
    maxMs,
    quantiles: quantiles.sort((a, b) => a.q - b.q),
    survivorsOnly,
  };
}

function tagsOf(sources: readonly Source[] | undefined, get: Lookup, fixed: Readonly<Record<string, string>> = {}): Attributes {
  const entries = [...Object.entries(fixed), ...(sources ?? []).map((source) => [source, get(source)] as const)];
  return Attributes.of(entries.flatMap(([key, value]) => (value === "" ? [] : [[key, { kind: "string", value }] as const])));
}
