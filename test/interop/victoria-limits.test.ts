import { expect, test } from "vitest";
import type { CollectorProcess } from "./collector-process.ts";
import { stopWithLedger } from "./kept-ledger.ts";
import { startMetricsCollector } from "./metrics-collector.ts";
import { exponential, gauge, type Plain, sendMetrics } from "./otlp-metrics.ts";
import { expectValue, flushed } from "./server-answers.ts";
import { startVictoriaMetrics, type VictoriaMetrics } from "./victoria-metrics-process.ts";

// What docs/scaling.md says of VictoriaMetrics' limits.

const SERVER: Plain = { "service.name": "api", "service.instance.id": "api-1" };
/** VictoriaMetrics takes 40; name, job, instance and the scope come on top. */
const MANY: Plain = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key${index}`, "value"]));
const times = () => ({ timeMs: Date.now() });

function writeTo({ writeUrl }: VictoriaMetrics, keys: object): Promise<CollectorProcess> {
  return startMetricsCollector({ prometheusremotewrite: { endpoint: writeUrl, batch_send_deadline: "50ms", ...keys } });
}

test("a series with too many labels is ignored by VictoriaMetrics without a word; max_labels_per_series makes it a counted loss", async () => {
  await using victoria = await startVictoriaMetrics();
  await using unlimited = await writeTo(victoria, {});
  const metrics = [gauge("app.wide", [{ value: 1, attributes: MANY }]), gauge("app.narrow", [{ value: 1 }])];
  await sendMetrics(unlimited, SERVER, metrics, times());
  await expectValue(flushed(victoria), "app_narrow", 1);
  expect(await victoria.query("app_wide")).toEqual([]);
  expect(await stopWithLedger(unlimited)).toMatchObject({ losses: [], balanced: true });

  await using limited = await writeTo(victoria, { max_labels_per_series: 40 });
  await expect(sendMetrics(limited, SERVER, metrics, times())).rejects.toThrow("too_many_labels");
  expect(await stopWithLedger(limited)).toMatchObject({ losses: [{ reason: "too_many_labels", items: 1 }], balanced: true });
});

test("native histograms become vmrange buckets, and classic ones where nothing is configured", async () => {
  await using victoria = await startVictoriaMetrics();
  const size = exponential("app.size", [{ scale: 0, positive: [0, [5]], sum: 7 }]);
  await using asUsual = await writeTo(victoria, { external_labels: { via: "auto" } });
  await using native = await writeTo(victoria, { external_labels: { via: "native" }, native_histograms: true });
  for (const collector of [asUsual, native]) await sendMetrics(collector, SERVER, [size], times());
  await expectValue(flushed(victoria), 'app_size_bucket{via="auto",le="2.0"}', 5);
  await expectValue(flushed(victoria), 'sum(app_size_bucket{via="native",vmrange!=""})', 5);
  expect(await victoria.query('app_size_bucket{via="native",le!=""}')).toEqual([]);
});
