import type { LogRecord } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** A real SDK that keeps what it would export. */
export function collecting() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000, exportTimeoutMillis: 10_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spans = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
  const logs: LogRecord[] = [];
  return {
    telemetry: {
      meter: meterProvider.getMeter("test"),
      tracer: tracerProvider.getTracer("test"),
      logger: { emit: (record: LogRecord) => void logs.push(record) },
    },
    spans,
    logs,
    /** One export. */
    async metrics(): Promise<readonly MetricData[]> {
      exporter.reset();
      await reader.forceFlush();
      return exporter.getMetrics().flatMap((resource) => resource.scopeMetrics.flatMap((scope) => scope.metrics));
    },
  };
}

/** The points of a metric; empty where it was not exported. */
export function pointsOf(metrics: readonly MetricData[], name: string): readonly DataPoint<number>[] {
  return (metrics.find((metric) => metric.descriptor.name === name)?.dataPoints ?? []) as readonly DataPoint<number>[];
}

export function histogramPointsOf(metrics: readonly MetricData[], name: string): readonly DataPoint<Histogram>[] {
  return (metrics.find((metric) => metric.descriptor.name === name)?.dataPoints ?? []) as readonly DataPoint<Histogram>[];
}

/** The value of a metric's only point. */
export function onlyValue(metrics: readonly MetricData[], name: string): number | undefined {
  return pointsOf(metrics, name)[0]?.value;
}
