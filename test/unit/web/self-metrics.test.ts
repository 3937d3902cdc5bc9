import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { LossLedger } from "../../../collector/pipeline/loss-ledger.ts";
import { Meter } from "../../../collector/pipeline/meter.ts";
import { openSelfMetrics } from "../../../collector/web/self-metrics.ts";

async function scrape(address: string, path = "/metrics"): Promise<{ readonly status: number; readonly type: string; readonly text: string }> {
  const response = await fetch(`http://${address}${path}`);
  return { status: response.status, type: response.headers.get("content-type") ?? "", text: await response.text() };
}

test("the page has otelcol's names with _total, and no loss is missing", async () => {
  const meter = new Meter();
  const ledger = new LossLedger();
  await using page = await openSelfMetrics({ host: "127.0.0.1", port: 0, meter, ledger });
  meter.counter("otelcol_exporter_sent_spans", "Items that the target took.", { exporter: "otlp/a", data_type: "traces" }).add(7);
  meter.gauge("otelcol_exporter_queue_size", "Waiting.", { exporter: "otlp/a", data_type: "traces" }, () => 3);
  const sizes = meter.histogram("otelcol_processor_batch_batch_send_size", "Items.", { processor: "batch" }, [10, 100]);
  for (const size of [5, 10, 11, 1000]) sizes.observe(size);
  ledger.received("otlp", "traces", 10);
  ledger.exported("otlp/a", "traces", 7);
  ledger.dropped("otlp/a", "retry_exhausted", "traces", 2);

  const { status, type, text } = await scrape(page.address);
  expect(status).toBe(200);
  expect(type).toContain("text/plain; version=0.0.4");
  for (const line of [
    "# TYPE otelcol_exporter_sent_spans_total counter",
    'otelcol_exporter_sent_spans_total{exporter="otlp/a",data_type="traces"} 7',
    'otelcol_exporter_queue_size{exporter="otlp/a",data_type="traces"} 3',
    "# TYPE otelcol_processor_batch_batch_send_size histogram",
    'otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="10"} 2',
    'otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="100"} 3',
    'otelcol_processor_batch_batch_send_size_bucket{processor="batch",le="+Inf"} 4',
    'otelcol_processor_batch_batch_send_size_sum{processor="batch"} 1026',
    'otelcol_processor_batch_batch_send_size_count{processor="batch"} 4',
    'pitwall_dropped_items_total{component="otlp/a",reason="retry_exhausted",signal="traces"} 2',
    'pitwall_ledger_items{signal="traces",state="received"} 10',
    'pitwall_ledger_items{signal="traces",state="in_flight"} 1',
    `pitwall_node_info{version="${process.version}"} 1`,
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

test("the page tells what the process itself costs", async () => {
  await using page = await openSelfMetrics({ host: "127.0.0.1", port: 0, meter: new Meter(), ledger: new LossLedger() });
  const { text } = await scrape(page.address);
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  expect(value("otelcol_process_uptime_total")).toBeGreaterThan(0);
  expect(value("otelcol_process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(value("otelcol_process_memory_rss")).toBeGreaterThan(1e6);
  expect(value("otelcol_process_runtime_heap_alloc_bytes")).toBeGreaterThan(1e6);
  for (const quantile of ["p50", "p99", "max"]) expect(value(`pitwall_event_loop_delay_${quantile}_seconds`)).toBeGreaterThanOrEqual(0);
  expect(text).toContain("# TYPE pitwall_gc_pause_seconds histogram");
});

test("other paths answer 404 and say where the metrics are", async () => {
  await using page = await openSelfMetrics({ host: "127.0.0.1", port: 0, meter: new Meter(), ledger: new LossLedger() });
  expect(await scrape(page.address, "/")).toMatchObject({ status: 404, text: expect.stringContaining("/metrics") });
  expect(await scrape(page.address, "/metrics?x=1")).toMatchObject({ status: 200 });
});

test("a taken port is an error that names the address", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await expect(openSelfMetrics({ host: "127.0.0.1", port, meter: new Meter(), ledger: new LossLedger() })).rejects.toMatchObject({
    code: "E_PORT_IN_USE",
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  other.close();
});
