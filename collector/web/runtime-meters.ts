import { constants, monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import type { Registry } from "prom-client";

/** How often the event loop is probed, ms. Twenty is cheap: 50 timers a second. */
const PROBE_MS = 20;
const NANOS_PER_SECOND = 1e9;
const GC_BOUNDS_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];
const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

export interface RuntimeMeters extends Disposable {
  readonly registry: Registry;
}

/** What the process itself costs: otelcol's process metrics, and those of Node. Event-loop figures are of the time since the last scrape. */
export async function openRuntimeMeters(): Promise<RuntimeMeters> {
  const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };

  counter("otelcol_process_uptime_total", "Uptime of the process, seconds.", () => process.uptime());
  counter("otelcol_process_cpu_seconds_total", "User and system CPU time of the process.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge("otelcol_process_memory_rss", "Resident set of the process, bytes.", () => process.memoryUsage.rss());
  gauge("otelcol_process_runtime_heap_alloc_bytes", "Heap in use.", () => process.memoryUsage().heapUsed);
  gauge("otelcol_process_runtime_total_sys_memory_bytes", "Heap and external memory obtained from the system.", () => {
    const { heapTotal, external } = process.memoryUsage();
    return heapTotal + external;
  });

  const delay = monitorEventLoopDelay({ resolution: PROBE_MS });
  delay.enable();
  const late = (nanos: number): number => (Number.isFinite(nanos) ? Math.max(0, nanos / NANOS_PER_SECOND - PROBE_MS / 1000) : 0);
  gauge("pitwall_event_loop_delay_p50_seconds", "How late the event loop was, median since the last scrape.", () => late(delay.percentile(50)));
  gauge("pitwall_event_loop_delay_p99_seconds", "How late the event loop was, 99th percentile since the last scrape.", () =>
    late(delay.percentile(99)),
  );
  gauge("pitwall_event_loop_delay_p999_seconds", "How late the event loop was, 99.9th percentile since the last scrape.", () =>
    late(delay.percentile(99.9)),
  );
  // Registered last of these: reading it begins the next interval.
  gauge("pitwall_event_loop_delay_max_seconds", "How late the event loop was at most since the last scrape.", () => {
    const max = delay.count === 0 ? 0 : late(delay.max);
    delay.reset();
    return max;
  });

  const pauses = new Histogram({
    name: "pitwall_gc_pause_seconds",
    help: "Garbage collection pauses.",
    labelNames: ["kind"],
    buckets: GC_BOUNDS_SECONDS,
    registers,
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) pauses.observe({ kind: gcKind(entry) }, entry.duration / 1000);
  });
  observer.observe({ entryTypes: ["gc"] });

  new Gauge({ name: "pitwall_node_info", help: "The Node version that runs this process.", labelNames: ["version"], registers }).set(
    { version: process.version },
    1,
  );
  return {
    registry,
    [Symbol.dispose]() {
      delay.disable();
      observer.disconnect();
    },
  };
}

function gcKind(entry: object): string {
  const detail = "detail" in entry ? entry.detail : undefined;
  const kind = typeof detail === "object" && detail !== null && "kind" in detail ? Number(detail.kind) : Number.NaN;
  return GC_KINDS[kind] ?? "other";
}
