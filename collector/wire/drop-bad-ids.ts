import type { ItemsOf, Signal } from "../model/batch.ts";
import type { LogRecord } from "../model/log-record.ts";
import type { Exemplar, Metric, MetricData } from "../model/metric.ts";
import type { Span } from "../model/span.ts";
import type { WireNotes } from "./wire-notes.ts";

interface Ids {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * The items whose ids have a legal length: 16 bytes or none for a trace id, 8 or none for a span id. A bad id in a link or an exemplar
 * costs only that link or exemplar; both are counted in `notes`, a link in its span's dropped count as well.
 */
export function dropBadIds(signal: Signal, items: readonly ItemsOf[Signal][], notes: WireNotes): readonly ItemsOf[Signal][] {
  switch (signal) {
    case "traces":
      return (items as readonly Span[])
        .filter((span) => hasGoodIds(span) && hasLength(span.parentSpanId, 8))
        .map((span) => withGoodLinks(span, notes));
    case "logs":
      return (items as readonly LogRecord[]).filter(hasGoodIds);
    case "metrics":
      return (items as readonly Metric[]).map((metric) => withGoodExemplars(metric, notes));
  }
}

function hasGoodIds({ traceId, spanId }: Ids): boolean {
  return hasLength(traceId, 16) && hasLength(spanId, 8);
}

function hasLength(hex: string, sizeBytes: number): boolean {
  return hex.length === 0 || hex.length === sizeBytes * 2;
}

function withGoodLinks(span: Span, notes: WireNotes): Span {
  const links = span.links.filter(hasGoodIds);
  const dropped = span.links.length - links.length;
  if (dropped === 0) return span;
  notes.droppedLinks += dropped;
  return { ...span, links, droppedLinksCount: span.droppedLinksCount + dropped };
}

function withGoodExemplars(metric: Metric, notes: WireNotes): Metric {
  const { data } = metric;
  if (data.type === "empty" || data.type === "summary") return metric;
  let dropped = 0;
  const points = data.points.map((point) => {
    const exemplars: readonly Exemplar[] = point.exemplars.filter(hasGoodIds);
    if (exemplars.length === point.exemplars.length) return point;
    dropped += point.exemplars.length - exemplars.length;
    return { ...point, exemplars };
  });
  if (dropped === 0) return metric;
  notes.droppedExemplars += dropped;
  return { ...metric, data: { ...data, points } as MetricData };
}
