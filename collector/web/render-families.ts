import type { Registry } from "prom-client";
import type { LossLedger } from "../pipeline/loss-ledger.ts";
import type { MeterFamily, MeterSeries } from "../pipeline/meter.ts";

type PromClient = typeof import("prom-client");

/** The page as text: what the process costs, the meter's families, and the loss ledger. */
export async function renderFamilies(
  families: readonly MeterFamily[],
  ledger: LossLedger,
  runtime: Registry,
): Promise<{ readonly text: string; readonly contentType: string }> {
  const client = await import("prom-client");
  const page = new client.Registry();
  for (const family of [...families, ...ledgerFamilies(ledger)]) register(client, page, family);
  const merged = client.Registry.merge([runtime, page]);
  return { text: await merged.metrics(), contentType: merged.contentType };
}

/** Our own addition to otelcol's names: every loss in one metric, and where all items are. */
function ledgerFamilies(ledger: LossLedger): readonly MeterFamily[] {
  const items = ledger.balances().flatMap(({ signal, received, copied, exported, dropped, inFlight }) =>
    Object.entries({ received, copied, exported, dropped, in_flight: Math.max(0, inFlight) }).map(([state, value]) => ({
      labels: { signal, state },
      value,
    })),
  );
  return [
    {
      name: "pitwall_dropped_items",
      help: "Items that were lost, by component and reason.",
      kind: "counter",
      series: ledger.droppedRows().map(({ component, reason, signal, items: value }) => ({ labels: { component, reason, signal }, value })),
    },
    { name: "pitwall_ledger_items", help: "received + copied = exported + dropped + in_flight.", kind: "gauge", series: items },
  ];
}

function register(client: PromClient, page: Registry, { name, help, kind, series }: MeterFamily): void {
  const labelNames = [...new Set(series.flatMap((one) => Object.keys(one.labels)))];
  const registers = [page];
  switch (kind) {
    case "counter": {
      const counter = new client.Counter({ name: name.endsWith("_total") ? name : `${name}_total`, help, labelNames, registers });
      for (const { labels, value } of series) counter.inc(labels, value);
      break;
    }
    case "gauge": {
      const gauge = new client.Gauge({ name, help, labelNames, registers });
      for (const { labels, value } of series) gauge.set(labels, value);
      break;
    }
    case "histogram": {
      const histogram = new client.Histogram({ name, help, labelNames, registers });
      const values = series.flatMap((one) => histogramValues(name, one));
      // prom-client can only observe values one by one; ours have been counted already.
      Object.assign(histogram, { getForPromString: undefined, get: async () => ({ name, help, type: "histogram", values, aggregator: "sum" }) });
    }
  }
}

function histogramValues(name: string, { labels, value, buckets }: MeterSeries): readonly object[] {
  if (buckets === undefined) return [];
  let below = 0;
  const cumulative = buckets.counts.map((count, index) => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: buckets.bounds[index] ?? "+Inf" }, value: below };
  });
  return [...cumulative, { metricName: `${name}_sum`, labels, value: buckets.sum }, { metricName: `${name}_count`, labels, value }];
}
