import { Attributes } from "../../model/attributes.ts";
import { type ErrorKind, outcomeOf, type PhaseTimes } from "../../model/load-outcome.ts";
import { BLANK_REQUEST, type Endpoint, type LoadRequest } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import { boundedText } from "./error-text.ts";
import { errorKindOfK6, isK6ConnectionFailure } from "./k6-error-codes.ts";
import { parseCount } from "./parse-number.ts";
import { nanosOfMs } from "./parse-time.ts";

/** grafana/k6 lib/netext/httpext/error_codes.go `requestTimeoutErrorCode`. */
const REQUEST_TIMEOUT = 1050;
/** Tags that have a field of their own in the record. */
const OWN_FIELDS = new Set(["name", "url", "method", "status", "error", "error_code", "scenario", "group", "expected_response", "vu", "iter"]);

/** The points of one request: same time, same tags, each metric once. */
export interface K6Points {
  readonly timeUnixNano: UnixNano;
  readonly stampStepMs: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
  /** By metric, e.g. `http_req_waiting`; ms. */
  readonly values: ReadonlyMap<string, number>;
}

/**
 * The request behind k6's nine points. k6 writes 0 for every phase of a request that never got a connection; such zeros are no measurements
 * and would pull every quantile down, so duration and phases are left out then (grafana/k6 lib/netext/httpext/tracer.go).
 */
export function k6Request({ timeUnixNano, stampStepMs, tags, metadata, values }: K6Points): LoadRequest {
  const tag = (name: string) => tags.get(name) ?? "";
  const status = parseCount(tag("status"));
  const code = parseCount(tag("error_code"));
  const measured = values.get("http_req_duration");
  const hasNoConnection = status === 0 && (measured === undefined || measured === 0);
  const phases = hasNoConnection ? {} : phasesOf(values);
  const isExpected = tag("expected_response") === "" ? undefined : tag("expected_response") === "true";
  const failure = code === undefined || isExpected === true ? undefined : failureOf(code, phases, hasNoConnection);
  const errorKind = failure ?? (isExpected === false ? (status === 0 ? "other" : "body_check") : undefined);
  const blocked = values.get("http_req_blocked");
  const isWhole = !hasNoConnection && measured !== undefined && blocked !== undefined;
  return {
    ...BLANK_REQUEST,
    endpoint: endpointOf(tag("method"), tag("name"), tag("url")),
    startUnixNano: isWhole ? timeUnixNano - nanosOfMs(blocked + measured) : undefined,
    endUnixNano: timeUnixNano,
    stamped: "end",
    stampStepMs,
    outcome: code !== undefined && failure === "other" && isK6ConnectionFailure(code) ? "connection_error" : outcomeOf(errorKind),
    errorKind,
    errorText: boundedText(tag("error")),
    status,
    judgedFailed: judgement(values.get("http_req_failed"), isExpected),
    durationMs: hasNoConnection ? undefined : measured,
    durationMeans: "send_to_last_byte",
    phases,
    newConnection: hasNoConnection ? undefined : isPositive(values.get("http_req_connecting")),
    vu: metadata.get("vu") ?? tag("vu"),
    iteration: metadata.get("iter") ?? tag("iter"),
    scenario: tag("scenario"),
    group: tag("group"),
    traceId: metadata.get("trace_id") ?? "",
    tags: Attributes.of([...tags].flatMap(([key, value]) => (OWN_FIELDS.has(key) ? [] : [[key, { kind: "string", value }] as const]))),
  };
}

/** A "request timeout" without any time never got a connection: its time ran out while dialling. */
function failureOf(code: number, phases: PhaseTimes, hasNoConnection: boolean): ErrorKind {
  return hasNoConnection && code === REQUEST_TIMEOUT ? "dial_timeout" : errorKindOfK6(code, phases);
}

function judgement(failed: number | undefined, isExpected: boolean | undefined): boolean | undefined {
  if (failed !== undefined) return failed !== 0;
  return isExpected === undefined ? undefined : !isExpected;
}

function isPositive(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value > 0;
}

/** Since k6 0.41 `url` repeats the tag `name` where a script set one; without one, both are the URL. */
function endpointOf(method: string, name: string, url: string): Endpoint {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(name);
  const source = name === "" ? (url === "" ? "none" : "url") : isUrl ? "url" : "name";
  return { method: method.toUpperCase(), name: name === "" ? url : name, url: url === name ? "" : url, source };
}

const PHASE_METRICS = [
  ["blocked", "http_req_blocked"],
  ["connect", "http_req_connecting"],
  ["tls", "http_req_tls_handshaking"],
  ["send", "http_req_sending"],
  ["wait", "http_req_waiting"],
  ["recv", "http_req_receiving"],
] as const;

function phasesOf(values: ReadonlyMap<string, number>): PhaseTimes {
  return Object.fromEntries(PHASE_METRICS.flatMap(([phase, metric]) => (values.has(metric) ? [[phase, values.get(metric)]] : [])));
}
