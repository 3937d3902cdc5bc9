/** The places a request passes, in order. */
export type Hop = "client" | "network" | "proxy" | "application" | "store";

export type InstrumentKind = "counter" | "updowncounter" | "gauge" | "histogram";

/**
 * Where a name comes from: the users' own server, OpenTelemetry's semantic conventions, an addition of the instrumentation kit, a load run
 * itself, our driver, k6, the spanmetrics connector, or the host receiver.
 */
export type CatalogSource = "genarrative" | "semconv" | "kit" | "run" | "driver" | "k6" | "spanmetrics" | "host";

/** A metric that dashboards and alerts may count on: one row of `docs/metrics.md`. */
export interface CatalogMetric {
  readonly name: string;
  /** UCUM, as sent over OTLP. */
  readonly unit: string;
  readonly instrument: InstrumentKind;
  readonly description: string;
  readonly hop: Hop;
  /** Attribute keys of its points. */
  readonly attributes: readonly string[];
  readonly source: CatalogSource;
  /**
   * Family names after otlptranslator's two usual strategies (of a histogram without `_bucket`, `_sum`, `_count`):
   * `suffixed` = UnderscoreEscapingWithSuffixes, `plain` = UnderscoreEscapingWithoutSuffixes.
   */
  readonly prometheus: { readonly suffixed: string; readonly plain: string };
  /** Bucket bounds in `unit`; histograms only. */
  readonly boundaries?: readonly number[];
}

/** Seconds; semantic-conventions docs/http/http-metrics.md. */
const HTTP_BOUNDARIES_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const REBUILD_BOUNDARIES_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];
const READ_BOUNDARIES_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000];

/** Every metric by the key that code uses for it. Names and meanings are the users' own; units where they state none are ours. */
export const METRICS = {
  processMemoryUsage: {
    name: "process.memory.usage",
    unit: "By",
    instrument: "updowncounter",
    description: "Resident memory of the process (RSS).",
    hop: "application",
    attributes: [],
    source: "semconv",
    prometheus: { suffixed: "process_memory_usage_bytes", plain: "process_memory_usage" },
  },
  processMemoryVirtual: {
    name: "process.memory.virtual",
    unit: "By",
    instrument: "updowncounter",
    description: "Virtual memory of the process: VmSize on Linux, PrivateUsage on Windows.",
    hop: "application",
    attributes: [],
    source: "semconv",
    prometheus: { suffixed: "process_memory_virtual_bytes", plain: "process_memory_virtual" },
  },
  processMemoryPrivate: {
    name: "genarrative.process.memory.private",
    unit: "By",
    instrument: "updowncounter",
    description: "Private memory of the process: VmData of /proc/self/status on Linux, PrivateUsage on Windows.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: { suffixed: "genarrative_process_memory_private_bytes", plain: "genarrative_process_memory_private" },
  },
  processThreadCount: {
    name: "process.thread.count",
    unit: "{thread}",
    instrument: "updowncounter",
    description: "Threads of the process.",
    hop: "application",
    attributes: [],
    source: "semconv",
    prometheus: { suffixed: "process_thread_count", plain: "process_thread_count" },
  },
  processWindowsHandleCount: {
    name: "process.windows.handle.count",
    unit: "{handle}",
    instrument: "updowncounter",
    description: "Handles held by the process; Windows only.",
    hop: "application",
    attributes: [],
    source: "semconv",
    prometheus: { suffixed: "process_windows_handle_count", plain: "process_windows_handle_count" },
  },
  processUnixFileDescriptorCount: {
    name: "process.unix.file_descriptor.count",
    unit: "{file_descriptor}",
    instrument: "updowncounter",
    description: "Open file descriptors of the process.",
    hop: "application",
    attributes: [],
    source: "semconv",
    prometheus: { suffixed: "process_unix_file_descriptor_count", plain: "process_unix_file_descriptor_count" },
  },
  responseBodiesInFlight: {
    name: "genarrative.http.server.response_bodies.in_flight",
    unit: "{body}",
    instrument: "updowncounter",
    description: "Response bodies begun and not yet handed over in full. Low while memory is high: the memory is not in the handlers.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: {
      suffixed: "genarrative_http_server_response_bodies_in_flight",
      plain: "genarrative_http_server_response_bodies_in_flight",
    },
  },
  requestPermitsAvailable: {
    name: "genarrative.http.server.request_permits.available",
    unit: "{permit}",
    instrument: "gauge",
    description: "Request permits left at the moment of export; 0 means that further requests are answered with 429.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: {
      suffixed: "genarrative_http_server_request_permits_available",
      plain: "genarrative_http_server_request_permits_available",
    },
  },
  requestPermitsAvailableMin: {
    name: "genarrative.http.server.request_permits.available.min",
    unit: "{permit}",
    instrument: "gauge",
    description: "Fewest request permits left since the export before: shows dips shorter than the export interval.",
    hop: "application",
    attributes: [],
    source: "kit",
    prometheus: {
      suffixed: "genarrative_http_server_request_permits_available_min",
      plain: "genarrative_http_server_request_permits_available_min",
    },
  },
  requestPermitsLimit: {
    name: "genarrative.http.server.request_permits.limit",
    unit: "{permit}",
    instrument: "gauge",
    description: "Request permits in all (GENARRATIVE_API_MAX_CONCURRENT_REQUESTS).",
    hop: "application",
    attributes: [],
    source: "kit",
    prometheus: { suffixed: "genarrative_http_server_request_permits_limit", plain: "genarrative_http_server_request_permits_limit" },
  },
  puzzleGalleryCacheHits: {
    name: "genarrative.puzzle_gallery.cache.hits",
    unit: "{hit}",
    instrument: "counter",
    description: "Requests answered from the cached JSON.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: { suffixed: "genarrative_puzzle_gallery_cache_hits_total", plain: "genarrative_puzzle_gallery_cache_hits" },
  },
  puzzleGalleryCacheMisses: {
    name: "genarrative.puzzle_gallery.cache.misses",
    unit: "{miss}",
    instrument: "counter",
    description: "Requests that had to wait for a rebuild, their own or one under way.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: { suffixed: "genarrative_puzzle_gallery_cache_misses_total", plain: "genarrative_puzzle_gallery_cache_misses" },
  },
  puzzleGalleryCacheRebuilds: {
    name: "genarrative.puzzle_gallery.cache.rebuilds",
    unit: "{rebuild}",
    instrument: "counter",
    description: "Rebuilds of the cached JSON that were begun.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: { suffixed: "genarrative_puzzle_gallery_cache_rebuilds_total", plain: "genarrative_puzzle_gallery_cache_rebuilds" },
  },
  puzzleGalleryCacheRebuildDuration: {
    name: "genarrative.puzzle_gallery.cache.rebuild.duration",
    unit: "ms",
    instrument: "histogram",
    description: "Time a rebuild of the cached JSON took.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: {
      suffixed: "genarrative_puzzle_gallery_cache_rebuild_duration_milliseconds",
      plain: "genarrative_puzzle_gallery_cache_rebuild_duration",
    },
    boundaries: REBUILD_BOUNDARIES_MS,
  },
  puzzleGalleryCacheDataJsonBytes: {
    name: "genarrative.puzzle_gallery.cache.data_json_bytes",
    unit: "By",
    instrument: "gauge",
    description: "Size of the pre-serialised JSON in the cache.",
    hop: "application",
    attributes: [],
    source: "genarrative",
    prometheus: { suffixed: "genarrative_puzzle_gallery_cache_data_json_bytes", plain: "genarrative_puzzle_gallery_cache_data_json_bytes" },
  },
  spacetimeReadCalls: {
    name: "genarrative.spacetime.read.calls",
    unit: "{call}",
    instrument: "counter",
    description: "Reads of the SpacetimeDB view or local cache.",
    hop: "store",
    attributes: ["read"],
    source: "genarrative",
    prometheus: { suffixed: "genarrative_spacetime_read_calls_total", plain: "genarrative_spacetime_read_calls" },
  },
  spacetimeReadDurationMs: {
    name: "genarrative.spacetime.read.duration_ms",
    unit: "ms",
    instrument: "histogram",
    description: "Time a read of the SpacetimeDB view or local cache took.",
    hop: "store",
    attributes: ["read"],
    source: "genarrative",
    prometheus: { suffixed: "genarrative_spacetime_read_duration_ms_milliseconds", plain: "genarrative_spacetime_read_duration_ms" },
    boundaries: READ_BOUNDARIES_MS,
  },
  httpServerRequestDuration: {
    name: "http.server.request.duration",
    unit: "s",
    instrument: "histogram",
    description: "Time from the arrival of a request to the end of its response. Its count is the number of requests.",
    hop: "application",
    attributes: ["http.request.method", "url.scheme", "http.route", "http.response.status_code", "error.type"],
    source: "semconv",
    prometheus: { suffixed: "http_server_request_duration_seconds", plain: "http_server_request_duration" },
    boundaries: HTTP_BOUNDARIES_SECONDS,
  },
} as const satisfies Readonly<Record<string, CatalogMetric>>;

export type MetricKey = keyof typeof METRICS;

/** An attribute that the sample server and the kit set, and that diagnosis, dashboards and alerts read. */
export interface CatalogAttribute {
  readonly name: string;
  readonly type: "string" | "int" | "boolean";
  readonly description: string;
  readonly on: readonly ("resource" | "metric" | "span" | "log")[];
  readonly source: CatalogSource;
  /** The Prometheus label it becomes. */
  readonly label: string;
}

const attribute = (
  name: string,
  type: CatalogAttribute["type"],
  on: CatalogAttribute["on"],
  source: CatalogSource,
  description: string,
): CatalogAttribute => ({ name, type, on, source, description, label: name.replaceAll(".", "_") });

export const ATTRIBUTES: readonly CatalogAttribute[] = [
  attribute("service.name", "string", ["resource"], "semconv", "Name of the service; becomes the label `job`."),
  attribute("service.instance.id", "string", ["resource"], "semconv", "One running process of the service; becomes the label `instance`."),
  attribute("loadtest.run.id", "string", ["resource"], "kit", "The load run that the telemetry belongs to."),
  attribute("request_id", "string", ["log"], "genarrative", "Id of the request: the caller's `x-request-id`, else a new one; also in the response."),
  attribute("http.request.method", "string", ["metric", "span", "log"], "semconv", "Method; `_OTHER` on metrics where it is not a known one."),
  attribute("http.route", "string", ["metric", "span", "log"], "semconv", "Matched route with its parameters in braces; absent where none matched."),
  attribute("url.scheme", "string", ["metric", "span", "log"], "semconv", "`http` or `https`."),
  attribute("url.path", "string", ["span", "log"], "semconv", "Path as requested, without the query."),
  attribute(
    "http.response.status_code",
    "int",
    ["metric", "span", "log"],
    "semconv",
    "Status; 499 where the client left before the response was complete.",
  ),
  attribute("status_class", "string", ["log"], "genarrative", "`2xx` … `5xx`."),
  attribute("latency_ms", "int", ["log"], "genarrative", "Whole milliseconds from arrival to the end of the response."),
  attribute(
    "slow_request",
    "boolean",
    ["log"],
    "genarrative",
    "True where the request took longer than the server's threshold (1 s unless set otherwise).",
  ),
  attribute("error.type", "string", ["metric", "span"], "semconv", "Status of a failed request (5xx), or `client_closed_request`."),
  attribute(
    "read",
    "string",
    ["metric"],
    "genarrative",
    "Which read of the store: `list_puzzle_gallery` is the view or local cache, not a procedure.",
  ),
  attribute("db.system", "string", ["span"], "semconv", "Kind of store, on CLIENT spans; newer conventions call it `db.system.name`."),
  attribute("db.system.name", "string", ["span"], "semconv", "Kind of store, on CLIENT spans."),
  attribute("db.operation.name", "string", ["span"], "semconv", "The read, as in `read`."),
  attribute("db.collection.name", "string", ["span"], "semconv", "Table that is read."),
];
