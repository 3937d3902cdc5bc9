import type { Attributes, ObservableGauge } from "@opentelemetry/api";
import { AggregationTemporalityPreference, OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import type { CatalogMetric } from "../../collector/model/catalog.ts";
import { CLIENT_METRICS, RUN_METRICS } from "../../collector/model/catalog-run.ts";
import type { DriveObserver } from "./driver.ts";

export interface RunIdentity {
  readonly id: string;
  readonly name: string;
  readonly scenario: string;
}

export interface RunPhase {
  readonly name: string;
  /** From the begin of the run. */
  readonly atMs: number;
}

export interface RunTelemetryOptions {
  /** Where OTLP/HTTP is taken: `http://host:port`. */
  readonly otlpUrl: string;
  readonly run: RunIdentity;
  /** In order. */
  readonly phases: readonly RunPhase[];
  /** Between two exports. Default 1000 ms. */
  readonly intervalMs?: number;
  /** False where somebody else (`pitwall run`) says that the run is on: only the driver's counts are sent. Default true. */
  readonly tellsRun?: boolean;
}

export interface RunTelemetry extends AsyncDisposable {
  /** Counts the driver's requests. */
  readonly observer: DriveObserver;
  /** The last counts first, then `loadtest.run.active` 0: once that is said, the run's own series are at an end. What cannot be sent is lost. */
  end(): Promise<void>;
}

const SERVICE = "pitwall-driver";
const EXPORT_TIMEOUT_MS = 2000;

/**
 * Says by OTLP that a run is on, in which phase it is, and what the driver counts. Begins with a first export, so that the run has a begin even
 * where it is shorter than the interval. Goes on saying that the run is over until it is disposed. Never throws: load must not fail for it.
 */
export async function startRunTelemetry({ otlpUrl, run, phases, intervalMs = 1000, tellsRun = true }: RunTelemetryOptions): Promise<RunTelemetry> {
  const identity = { "service.name": SERVICE, "service.instance.id": run.id };
  // Two resources: what carries the run's id ends with the run, and the series that say so must not.
  const state = meterProvider(otlpUrl, intervalMs, identity);
  const client = meterProvider(otlpUrl, intervalMs, { ...identity, "loadtest.run.id": run.id });
  const beganMs = performance.now();
  let endedMs: number | undefined;

  const observe = (metric: CatalogMetric, read: () => readonly (readonly [number, Attributes])[]) => {
    const gauge: ObservableGauge = state.getMeter(SERVICE).createObservableGauge(metric.name, { unit: metric.unit, description: metric.description });
    gauge.addCallback((result) => {
      for (const [value, attributes] of read()) result.observe(value, { "run.id": run.id, ...attributes });
    });
  };
  if (tellsRun) tellRun();
  await settled(state.forceFlush());

  const end = async () => {
    if (endedMs !== undefined) return;
    await settled(client.shutdown());
    endedMs = performance.now();
    await settled(state.forceFlush());
  };
  return {
    observer: observerOf(client),
    end,
    async [Symbol.asyncDispose]() {
      await end();
      await settled(state.shutdown());
    },
  };

  function tellRun(): void {
    observe(RUN_METRICS.runInfo, () => [[1, { "run.name": run.name, scenario: run.scenario }]]);
    observe(RUN_METRICS.runActive, () => [[endedMs === undefined ? 1 : 0, {}]]);
    observe(RUN_METRICS.runPhase, () => {
      const entered = phases.filter(({ atMs }) => atMs <= (endedMs ?? performance.now()) - beganMs);
      return entered.map(({ name }, index) => [endedMs === undefined && index === entered.length - 1 ? 1 : 0, { phase: name }] as const);
    });
  }
}

function meterProvider(otlpUrl: string, intervalMs: number, resource: Attributes): MeterProvider {
  const exporter = new OTLPMetricExporter({
    url: `${otlpUrl}/v1/metrics`,
    temporalityPreference: AggregationTemporalityPreference.CUMULATIVE,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(EXPORT_TIMEOUT_MS, intervalMs),
  });
  return new MeterProvider({ resource: resourceFromAttributes(resource), readers: [reader] });
}

function observerOf(provider: MeterProvider): DriveObserver {
  const meter = provider.getMeter(SERVICE);
  const counter = ({ name, unit, description }: CatalogMetric) => meter.createCounter(name, { unit, description });
  const planned = counter(CLIENT_METRICS.clientRequestsPlanned);
  const dropped = counter(CLIENT_METRICS.clientRequestsDropped);
  const { name, unit, description, boundaries } = CLIENT_METRICS.clientRequestDuration;
  const duration = meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...boundaries] } });
  // Counted from 0 on, so that their first drop is a rise.
  planned.add(0);
  dropped.add(0);
  return {
    planned: () => planned.add(1),
    dropped: () => dropped.add(1),
    ended: (target, { latencyMs, outcome }) => duration.record(latencyMs / 1000, { "http.route": target, outcome }),
  };
}

async function settled(promise: Promise<void>): Promise<void> {
  await promise.catch(() => undefined);
}
