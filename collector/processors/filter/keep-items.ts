import type { Metric, MetricData } from "../../model/metric.ts";
import type { Batch } from "../../pipeline/define.ts";
import { batchOf } from "../../wire/otlp-batch.ts";
import type { Condition } from "./condition.ts";
import type { ConditionContext, Point, Subject } from "./condition-paths.ts";

/** What is to go, by context. */
export type Rules = Readonly<Record<ConditionContext, readonly Condition[]>>;

/** The batch without the items that a rule holds for; the same batch, bytes and all, where none does. */
export function keepItems(batch: Batch, rules: Rules): Batch {
  switch (batch.signal) {
    case "traces": {
      if (rules.span.length === 0) return batch;
      const spans = batch.items.filter((span) => !holdsAny(rules.span, { ...common(span), attributes: span.attributes, span }));
      return spans.length === batch.items.length ? batch : batchOf("traces", spans);
    }
    case "logs": {
      if (rules.log.length === 0) return batch;
      const records = batch.items.filter((log) => !holdsAny(rules.log, { ...common(log), attributes: log.attributes, log }));
      return records.length === batch.items.length ? batch : batchOf("logs", records);
    }
    case "metrics": {
      if (rules.metric.length + rules.datapoint.length === 0) return batch;
      const metrics = batch.items.flatMap((metric) => keepPoints(metric, rules));
      const isSame = metrics.length === batch.items.length && metrics.every((metric, index) => metric === batch.items[index]);
      return isSame ? batch : batchOf("metrics", metrics);
    }
  }
}

/** The metric, the metric with fewer points, or none. */
function keepPoints(metric: Metric, rules: Rules): readonly Metric[] {
  const subject = { ...common(metric), metric };
  if (holdsAny(rules.metric, subject)) return [];
  if (rules.datapoint.length === 0 || metric.data.points.length === 0) return [metric];
  const all: readonly Point[] = metric.data.points;
  const points = all.filter((point) => !holdsAny(rules.datapoint, { ...subject, attributes: point.attributes, point }));
  if (points.length === all.length) return [metric];
  return points.length === 0 ? [] : [{ ...metric, data: { ...metric.data, points } as MetricData }];
}

function common({ resource, scope }: Pick<Subject, "resource" | "scope">): Pick<Subject, "resource" | "scope"> {
  return { resource, scope };
}

function holdsAny(conditions: readonly Condition[], subject: Subject): boolean {
  return conditions.some((holds) => holds(subject));
}
