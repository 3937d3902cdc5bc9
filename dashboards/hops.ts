import type { Names } from "./names.ts";
import { type Over, quantile, SELECTED, select, share, sum } from "./promql.ts";

/** What one hop says of the requests that pass it. */
export interface HopQueries {
  /** Of `Over`: requests per second, or requests. */
  readonly requests: string;
  /** 0..1. A request failed where it got no answer, or one with a status of 400 or above. */
  readonly failures: string;
  /** Seconds. */
  readonly quantile: (share: number) => string;
}

const MS_PER_SECOND = 1000;

/** From the load generator: our driver, else k6. It is another job than the servers', so `job` and `instance` do not select it. */
export function clientHop(names: Names, over: Over): HopQueries {
  const driver = names("clientRequestDuration");
  const driverRequests = sum(over(`${driver}_count`));
  const k6Requests = sum(over(names("k6Requests")));
  const driverFailures = sum(over(select(`${driver}_count`, 'outcome!="ok"')));
  const k6Failures = sum(over(select(names("k6RequestsFailed"), 'condition="nonzero"')));
  return {
    requests: `${driverRequests} or ${k6Requests}`,
    failures: `${share(driverFailures, driverRequests)} or ${share(k6Failures, k6Requests)}`,
    quantile: (at) => `${quantile(at, over(`${driver}_bucket`))} or ${quantile(at, over(`${names("k6RequestDuration")}_bucket`))} / ${MS_PER_SECOND}`,
  };
}

/** From the SERVER spans that are made of the proxy's access log, by the connector `spanmetrics`. The variable `proxy` says which jobs they are. */
export function proxyHop(names: Names, over: Over): HopQueries {
  const proxy = ['job=~"$proxy"', 'span_kind="SPAN_KIND_SERVER"'];
  const calls = names("spanCalls");
  const requests = sum(over(select(calls, ...proxy)));
  return {
    requests,
    failures: share(sum(over(select(calls, ...proxy, 'http_response_status_code=~"[45].."'))), requests),
    quantile: (at) => `${quantile(at, over(select(`${names("spanDuration")}_bucket`, ...proxy)))} / ${MS_PER_SECOND}`,
  };
}

/** What left the client and did not reach the proxy: only where both count. */
export function networkHop(names: Names, over: Over): Pick<HopQueries, "requests" | "failures"> {
  const client = `(${clientHop(names, over).requests})`;
  const lost = `${client} - ${proxyHop(names, over).requests}`;
  return { requests: lost, failures: `(${lost}) / (${client} > 0)` };
}

export function applicationHop(names: Names, over: Over): HopQueries {
  const duration = names("httpServerRequestDuration");
  const requests = sum(over(select(`${duration}_count`, ...SELECTED)));
  return {
    requests,
    failures: share(sum(over(select(`${duration}_count`, ...SELECTED, 'http_response_status_code=~"[45].."'))), requests),
    quantile: (at) => quantile(at, over(select(`${duration}_bucket`, ...SELECTED))),
  };
}

/** Counts and durations from the application's own metrics; failures from its CLIENT spans, by `spanmetrics`. */
export function storeHop(names: Names, over: Over): HopQueries {
  const spans = [...SELECTED, 'span_kind="SPAN_KIND_CLIENT"'];
  const calls = names("spanCalls");
  return {
    requests: sum(over(select(names("spacetimeReadCalls"), ...SELECTED))),
    failures: share(sum(over(select(calls, ...spans, 'status_code="STATUS_CODE_ERROR"'))), sum(over(select(calls, ...spans)))),
    quantile: (at) => `${quantile(at, over(select(`${names("spacetimeReadDurationMs")}_bucket`, ...SELECTED)))} / ${MS_PER_SECOND}`,
  };
}
