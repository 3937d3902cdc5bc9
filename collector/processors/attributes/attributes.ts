import type { Attributes } from "../../model/attributes.ts";
import type { MetricData } from "../../model/metric.ts";
import { type Batch, stage, z } from "../../pipeline/define.ts";
import { batchOf } from "../../wire/otlp-batch.ts";
import { attributeActionConfig, compileActions } from "../attribute-actions.ts";
import { compileMatch, type Item, matchConfig } from "./match.ts";

/** otelcol's `attributes`: actions on the attributes of spans, data points and log records, of those that `include` and `exclude` leave. */
export const attributes = stage({
  type: "attributes",
  about: "Inserts, changes, hashes or deletes attributes of spans, data points and log records.",
  signals: ["traces", "metrics", "logs"],
  config: z.strictObject({
    actions: z.array(attributeActionConfig).min(1, "give at least one action"),
    include: matchConfig.optional(),
    exclude: matchConfig.optional(),
  }),
  async open({ actions, include, exclude }, next) {
    const change = compileActions(actions);
    const isIncluded = include === undefined ? () => true : compileMatch(include);
    const isExcluded = exclude === undefined ? () => false : compileMatch(exclude);
    const isMeant = (item: Item, own: Attributes): boolean => isIncluded(item, own) && !isExcluded(item, own);
    return {
      push: (batch) => next.push(changeItems(batch, change, isMeant)),
      async [Symbol.asyncDispose]() {},
    };
  },
});

type Meant = (item: Item, own: Attributes) => boolean;
type Change = (attributes: Attributes) => Attributes;

/** The same batch, bytes and all, where nothing changed. */
function changeItems(batch: Batch, change: Change, isMeant: Meant): Batch {
  switch (batch.signal) {
    case "traces": {
      const spans = mapOwn(batch.items, (span) => withAttributes(span, span, batch.signal, change, isMeant));
      return spans === batch.items ? batch : batchOf("traces", spans);
    }
    case "logs": {
      const records = mapOwn(batch.items, (record) => withAttributes(record, record, batch.signal, change, isMeant));
      return records === batch.items ? batch : batchOf("logs", records);
    }
    case "metrics": {
      const metrics = mapOwn(batch.items, (metric) => {
        const points = mapOwn<MetricData["points"][number]>(metric.data.points, (point) =>
          withAttributes(point, metric, batch.signal, change, isMeant),
        );
        return points === metric.data.points ? metric : { ...metric, data: { ...metric.data, points } as MetricData };
      });
      return metrics === batch.items ? batch : batchOf("metrics", metrics);
    }
  }
}

function withAttributes<T extends { readonly attributes: Attributes }>(
  carrier: T,
  item: Item["item"],
  signal: Batch["signal"],
  change: Change,
  isMeant: Meant,
): T {
  if (!isMeant({ signal, item } as Item, carrier.attributes)) return carrier;
  const attributes = change(carrier.attributes);
  return attributes === carrier.attributes ? carrier : { ...carrier, attributes };
}

/** The same array where no element changed. */
function mapOwn<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  let isChanged = false;
  const mapped = items.map((item) => {
    const next = change(item);
    isChanged ||= next !== item;
    return next;
  });
  return isChanged ? mapped : items;
}
