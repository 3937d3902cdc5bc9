import type { Metric, MetricData, NumberPoint } from "../../collector/model/metric.ts";
import { type Lab, type LabOptions, metric, openLab, resource } from "../unit/exporters/prometheusremotewrite/lab.ts";
import type { DecodedSeries } from "../wire/remote-write-decode.ts";
import { type CapturedRequest, labelsOf, nameOf } from "./mock-receiver.ts";

/**
 * What the sender compliance suite of Prometheus (prometheus/compliance, remotewrite/sender) does with a scrape target is done here by a push:
 * the suite's metrics as OTLP, from a resource that adds no labels.
 */
const ANONYMOUS = resource({});

export function scraped(name: string, data: MetricData, fields: Partial<Metric> = {}): Metric {
  return metric(name, data, { resource: ANONYMOUS, ...fields });
}

/** One metric of the suite's `test_metric 42` kind; each call a later point. */
export function testMetric(point: NumberPoint): Metric {
  return scraped("test_metric", { type: "gauge", points: [point] });
}

/** Pushes, closes, and gives the lab with all that was received. Stale markers are left out so that only the data remain. */
export async function sent(metrics: readonly Metric[], options: LabOptions = {}): Promise<Lab> {
  const lab = await openLab({ ...options, keys: { stale_markers: false, ...options.keys } });
  await lab.push(...metrics);
  await lab.close();
  return lab;
}

/** Without the known zeros that come before a counter's first point. */
export function only(lab: Lab, name: string): DecodedSeries {
  const found = lab.receiver.series(name);
  if (found.length === 0) throw new Error(`no series ${name} was sent`);
  return found[0] as DecodedSeries;
}

export function last<T>(items: readonly T[]): T {
  return items[items.length - 1] as T;
}

export function names(request: CapturedRequest | undefined): readonly string[] {
  return [...new Set(request?.message.series.map(nameOf))];
}

export { labelsOf };
