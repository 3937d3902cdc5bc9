/** A metric of the collector's own page, under the name it has there: no translation strategy changes it. */
export interface SelfMetric {
  readonly name: string;
  readonly instrument: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly description: string;
}

/** What dashboards and alerts read of `service.telemetry.metrics`, and how files are read; there is more on the page. Names are otelcol's where otelcol has the metric. */
export const SELF_METRICS = {
  acceptedSpans: self("otelcol_receiver_accepted_spans_total", "counter", ["receiver", "transport"], "Spans that were taken in."),
  acceptedMetricPoints: self(
    "otelcol_receiver_accepted_metric_points_total",
    "counter",
    ["receiver", "transport"],
    "Metric points that were taken in.",
  ),
  acceptedLogRecords: self("otelcol_receiver_accepted_log_records_total", "counter", ["receiver", "transport"], "Log records that were taken in."),
  refusedSpans: self("otelcol_receiver_refused_spans_total", "counter", ["receiver", "transport"], "Spans that were turned away."),
  refusedMetricPoints: self(
    "otelcol_receiver_refused_metric_points_total",
    "counter",
    ["receiver", "transport"],
    "Metric points that were turned away.",
  ),
  refusedLogRecords: self("otelcol_receiver_refused_log_records_total", "counter", ["receiver", "transport"], "Log records that were turned away."),
  queueSize: self("otelcol_exporter_queue_size", "gauge", ["exporter", "data_type"], "Waiting in the sending queue, in the unit of its sizer."),
  queueCapacity: self("otelcol_exporter_queue_capacity", "gauge", ["exporter", "data_type"], "The most that the sending queue holds."),
  inFlightRequests: self("otelcol_exporter_in_flight_requests", "gauge", ["exporter", "data_type"], "Requests that an exporter waits for."),
  cpuSeconds: self("otelcol_process_cpu_seconds_total", "counter", [], "User and system CPU time of the process."),
  residentBytes: self("otelcol_process_memory_rss", "gauge", [], "Resident set of the process, bytes."),
  heapBytes: self("otelcol_process_runtime_heap_alloc_bytes", "gauge", [], "Heap in use."),
  systemBytes: self("otelcol_process_runtime_total_sys_memory_bytes", "gauge", [], "Heap and external memory obtained from the system."),
  ledgerItems: self("pitwall_ledger_items", "gauge", ["signal", "state"], "received + copied = exported + dropped + in_flight."),
  droppedItems: self("pitwall_dropped_items_total", "counter", ["component", "reason", "signal"], "Items that were lost, by component and reason."),
  inFlightBytes: self("pitwall_receiver_in_flight_bytes", "gauge", ["receiver"], "Request bodies that are being handled, bytes."),
  lines: self(
    "pitwall_receiver_lines_total",
    "counter",
    ["receiver", "outcome"],
    "Lines of files by what became of them: `accepted`, or `skipped` as they say nothing.",
  ),
  linesRejected: self(
    "pitwall_receiver_lines_rejected_total",
    "counter",
    ["receiver", "reason"],
    "Lines of files that were not understood, by reason.",
  ),
  openFiles: self("pitwall_receiver_open_files", "gauge", ["receiver"], "Files that are being read."),
  fileRotations: self("pitwall_receiver_file_rotations", "gauge", ["receiver"], "Files that were renamed and replaced, so far."),
  fileTruncations: self("pitwall_receiver_file_truncations", "gauge", ["receiver"], "Files that were truncated and read anew, so far."),
  series: self("pitwall_prometheus_series", "gauge", ["exporter"], "Series that a scrape endpoint holds."),
  delayP50: self("pitwall_event_loop_delay_p50_seconds", "gauge", [], "How late the event loop was, median since the last scrape."),
  delayP99: self("pitwall_event_loop_delay_p99_seconds", "gauge", [], "How late the event loop was, 99th percentile since the last scrape."),
  delayMax: self("pitwall_event_loop_delay_max_seconds", "gauge", [], "How late the event loop was at most since the last scrape."),
  gcPause: self("pitwall_gc_pause_seconds", "histogram", ["kind"], "Garbage collection pauses."),
  nodeInfo: self("pitwall_node_info", "gauge", ["version"], "Always 1: the Node version that runs the collector."),
} as const satisfies Readonly<Record<string, SelfMetric>>;

function self(name: string, instrument: SelfMetric["instrument"], labels: readonly string[], description: string): SelfMetric {
  return { name, instrument, labels, description };
}
