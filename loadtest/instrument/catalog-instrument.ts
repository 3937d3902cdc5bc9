import { type Counter, type Histogram, type Meter, type MetricOptions, type Observable, ValueType } from "@opentelemetry/api";
import type { CatalogMetric } from "../../collector/model/catalog.ts";

/** An instrument with the name, unit, description and buckets of the catalogue, so that they are written down once. */
export function catalogCounter(meter: Meter, metric: CatalogMetric): Counter {
  return meter.createCounter(metric.name, options(metric, ValueType.INT));
}

export function catalogHistogram(meter: Meter, metric: CatalogMetric): Histogram {
  return meter.createHistogram(metric.name, options(metric, ValueType.DOUBLE));
}

/** A gauge or up-down counter that is read when metrics are exported; integers, as everything that the catalogue observes is a count. */
export function catalogObservable(meter: Meter, metric: CatalogMetric): Observable {
  return metric.instrument === "gauge"
    ? meter.createObservableGauge(metric.name, options(metric, ValueType.INT))
    : meter.createObservableUpDownCounter(metric.name, options(metric, ValueType.INT));
}

function options(metric: CatalogMetric, valueType: ValueType): MetricOptions {
  return {
    unit: metric.unit,
    description: metric.description,
    valueType,
    ...(metric.boundaries === undefined ? {} : { advice: { explicitBucketBoundaries: [...metric.boundaries] } }),
  };
}
