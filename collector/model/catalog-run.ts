import type { CatalogAttribute, CatalogMetric } from "./catalog.ts";

/** Bounds in seconds, as of `http.server.request.duration`, so that client and server can be laid over one another. */
const REQUEST_BOUNDARIES_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const sameName = (name: string) => ({ suffixed: name, plain: name });

/**
 * What a load run says about itself: sent when it begins, while it lasts and when it ends, beside the series of whoever is measured.
 * A run is over when `loadtest.run.active` is 0; these series stay after it, all others of its resources go stale.
 */
export const RUN_METRICS = {
  runInfo: {
    name: "loadtest.run.info",
    unit: "{run}",
    instrument: "gauge",
    description: "Always 1: a load run and what it is called.",
    hop: "client",
    attributes: ["run.id", "run.name", "scenario"],
    source: "run",
    prometheus: sameName("loadtest_run_info"),
  },
  runActive: {
    name: "loadtest.run.active",
    unit: "{run}",
    instrument: "gauge",
    description: "1 while the run lasts, 0 afterwards.",
    hop: "client",
    attributes: ["run.id"],
    source: "run",
    prometheus: sameName("loadtest_run_active"),
  },
  runPhase: {
    name: "loadtest.run.phase",
    unit: "{phase}",
    instrument: "gauge",
    description: "1 for the phase the run is in, 0 for those that are over; a phase that was not entered has no series.",
    hop: "client",
    attributes: ["run.id", "phase"],
    source: "run",
    prometheus: sameName("loadtest_run_phase"),
  },
} as const satisfies Readonly<Record<string, CatalogMetric>>;

/** What our own driver counts (loadtest/driver). */
export const CLIENT_METRICS = {
  clientRequestDuration: {
    name: "loadtest.client.request.duration",
    unit: "s",
    instrument: "histogram",
    description: "Time from the intended start of a request to its end, failed ones too. Its count is the number of requests.",
    hop: "client",
    attributes: ["http.route", "outcome"],
    source: "driver",
    prometheus: { suffixed: "loadtest_client_request_duration_seconds", plain: "loadtest_client_request_duration" },
    boundaries: REQUEST_BOUNDARIES_SECONDS,
  },
  clientRequestsPlanned: {
    name: "loadtest.client.requests.planned",
    unit: "{request}",
    instrument: "counter",
    description: "Requests that were due by the arrival rate, sent or not.",
    hop: "client",
    attributes: [],
    source: "driver",
    prometheus: { suffixed: "loadtest_client_requests_planned_total", plain: "loadtest_client_requests_planned" },
  },
  clientRequestsDropped: {
    name: "loadtest.client.requests.dropped",
    unit: "{request}",
    instrument: "counter",
    description: "Requests that were due and not sent, because too many were under way: the load that was meant was not delivered.",
    hop: "client",
    attributes: [],
    source: "driver",
    prometheus: { suffixed: "loadtest_client_requests_dropped_total", plain: "loadtest_client_requests_dropped" },
  },
} as const satisfies Readonly<Record<string, CatalogMetric>>;

/** What `k6 run --out opentelemetry` sends with its default prefix; names, units and attributes as seen from k6 2.2.0. */
export const K6_METRICS = {
  k6Requests: {
    name: "http_reqs",
    unit: "",
    instrument: "counter",
    description: "Requests that k6 made.",
    hop: "client",
    attributes: ["scenario", "name", "method", "status", "error_code", "expected_response"],
    source: "k6",
    prometheus: { suffixed: "http_reqs_total", plain: "http_reqs" },
  },
  k6RequestDuration: {
    name: "http_req_duration",
    unit: "ms",
    instrument: "histogram",
    description: "Sending, waiting and receiving of a request; 0 where no connection came about.",
    hop: "client",
    attributes: ["scenario", "name", "method", "status", "error_code", "expected_response"],
    source: "k6",
    prometheus: { suffixed: "http_req_duration_milliseconds", plain: "http_req_duration" },
  },
  k6RequestsFailed: {
    name: "http_req_failed.total",
    unit: "",
    instrument: "counter",
    description: "Requests by whether they failed: `condition` is nonzero for those that did.",
    hop: "client",
    attributes: ["scenario", "name", "method", "status", "error_code", "condition"],
    source: "k6",
    prometheus: sameName("http_req_failed_total"),
  },
  k6Iterations: {
    name: "iterations",
    unit: "",
    instrument: "counter",
    description: "Times that a virtual user went through the script to its end.",
    hop: "client",
    attributes: ["scenario"],
    source: "k6",
    prometheus: { suffixed: "iterations_total", plain: "iterations" },
  },
  k6DroppedIterations: {
    name: "dropped_iterations",
    unit: "",
    instrument: "counter",
    description: "Iterations that were due and not begun for lack of virtual users.",
    hop: "client",
    attributes: ["scenario"],
    source: "k6",
    prometheus: { suffixed: "dropped_iterations_total", plain: "dropped_iterations" },
  },
  k6Vus: {
    name: "vus",
    unit: "",
    instrument: "gauge",
    description: "Virtual users at work.",
    hop: "client",
    attributes: [],
    source: "k6",
    prometheus: sameName("vus"),
  },
} as const satisfies Readonly<Record<string, CatalogMetric>>;

/**
 * What else k6 says, under the same names whether by `--out opentelemetry` or through the `k6` receiver (`--out json`, `--out csv`). Requests are
 * spans there: of the metrics above, the receiver gives iterations, dropped iterations and virtual users. Source: k6-docs, built-in metrics.
 */
export const K6_OTHER_METRICS = {
  k6Checks: {
    name: "checks.total",
    unit: "",
    instrument: "counter",
    description: "Checks of the script by whether they held: `condition` is nonzero for those that did.",
    hop: "client",
    attributes: ["scenario", "check", "condition"],
    source: "k6",
    prometheus: sameName("checks_total"),
  },
  k6IterationDuration: {
    name: "iteration_duration",
    unit: "ms",
    instrument: "histogram",
    description: "Time that a virtual user took to go through the script once.",
    hop: "client",
    attributes: ["scenario"],
    source: "k6",
    prometheus: { suffixed: "iteration_duration_milliseconds", plain: "iteration_duration" },
  },
  k6DataSent: {
    name: "data_sent",
    unit: "By",
    instrument: "counter",
    description: "Bytes that k6 sent.",
    hop: "client",
    attributes: ["scenario"],
    source: "k6",
    prometheus: { suffixed: "data_sent_bytes_total", plain: "data_sent" },
  },
  k6DataReceived: {
    name: "data_received",
    unit: "By",
    instrument: "counter",
    description: "Bytes that k6 received.",
    hop: "client",
    attributes: ["scenario"],
    source: "k6",
    prometheus: { suffixed: "data_received_bytes_total", plain: "data_received" },
  },
  k6VusMax: {
    name: "vus_max",
    unit: "",
    instrument: "gauge",
    description: "Virtual users that there are, at work or not.",
    hop: "client",
    attributes: [],
    source: "k6",
    prometheus: sameName("vus_max"),
  },
} as const satisfies Readonly<Record<string, CatalogMetric>>;

/**
 * What the `spanmetrics` connector makes of spans. The proxy's are SERVER spans of the service `nginx`; reads of the store are CLIENT spans of
 * the application.
 */
export const SPAN_METRICS = {
  spanCalls: {
    name: "traces.span.metrics.calls",
    unit: "{span}",
    instrument: "counter",
    description: "Spans that ended.",
    hop: "application",
    attributes: ["service.name", "span.name", "span.kind", "status.code", "http.route", "http.request.method", "http.response.status_code"],
    source: "spanmetrics",
    prometheus: { suffixed: "traces_span_metrics_calls_total", plain: "traces_span_metrics_calls" },
  },
  spanDuration: {
    name: "traces.span.metrics.duration",
    unit: "ms",
    instrument: "histogram",
    description: "Duration of spans; the unit is set by `histogram.unit` of the connector.",
    hop: "application",
    attributes: ["service.name", "span.name", "span.kind", "status.code", "http.route", "http.request.method", "http.response.status_code"],
    source: "spanmetrics",
    prometheus: { suffixed: "traces_span_metrics_duration_milliseconds", plain: "traces_span_metrics_duration" },
  },
} as const satisfies Readonly<Record<string, CatalogMetric>>;

/** Attributes of the metrics above that are not in `ATTRIBUTES`. */
export const RUN_ATTRIBUTES: readonly CatalogAttribute[] = [
  ["run.id", "run", "The load run; the same as `loadtest.run.id` of its resources."],
  ["run.name", "run", "What the run is called, e.g. `spike`."],
  ["scenario", "run", "Which course of load; of k6, the scenario of its script."],
  ["phase", "run", "Stretch of a run: `ramp`, `hold`, `cool`, or what the generator calls it."],
  ["outcome", "driver", "How a request ended: `ok` (status below 400), `http_429`, `http_4xx`, `http_5xx`, `refused`, `reset`, `timeout`, `error`."],
  ["name", "k6", "Name tag of the request; its URL where the script sets none."],
  ["method", "k6", "Method of the request."],
  ["status", "k6", "Status of the response; 0 where there was none."],
  ["error_code", "k6", "k6's number for the failure: 1212 = connection refused, 1050 = timeout."],
  ["expected_response", "k6", "`false` where the status was not one that the script expects (200 to 399 unless set)."],
  ["check", "k6", "What the script calls the check."],
  ["condition", "k6", "`zero` or `nonzero`: what the rate's sample was."],
  ["span.name", "spanmetrics", "Name of the span."],
  ["span.kind", "spanmetrics", "`SPAN_KIND_SERVER`, `SPAN_KIND_CLIENT` …"],
  ["status.code", "spanmetrics", "`STATUS_CODE_UNSET`, `STATUS_CODE_OK` or `STATUS_CODE_ERROR`."],
].map(([name, source, description]) => ({
  name: name as string,
  type: "string",
  description: description as string,
  on: ["metric"],
  source: source as CatalogAttribute["source"],
  label: (name as string).replaceAll(".", "_"),
}));
