import { test } from "vitest";
import { PROMETHEUS_FLAGS } from "../../config/stack/prometheus-config.ts";
import { startMetricsCollector } from "./metrics-collector.ts";
import { counter, histogram, sendMetrics } from "./otlp-metrics.ts";
import { startPrometheus } from "./prometheus-process.ts";
import { expectValue } from "./server-answers.ts";

const risen = (name: string) => `max_over_time(${name}[5m]) - min_over_time(${name}[5m])`;

test("with the flags of `pitwall dashboards` Prometheus 3 begins a counter at 0, at the time that it was started", async () => {
  await using collector = await startMetricsCollector({ prometheus: { endpoint: "127.0.0.1:0" } });
  const timeMs = Date.now();
  const metrics = [counter("jobs", [{ value: 100 }]), histogram("wait", [{ bounds: [1], counts: [60, 40], sum: 70 }], { unit: "s" })];
  await sendMetrics(collector, { "service.name": "worker", "service.instance.id": "w-1" }, metrics, { timeMs, startMs: timeMs - 20_000 });
  await using server = await startPrometheus({
    command: "prometheus3",
    // Remote write is switched on for every server of the tests.
    flags: PROMETHEUS_FLAGS.filter((flag) => flag.startsWith("--enable-feature=")),
    target: collector.endpoint("prometheus"),
  });
  await expectValue(server, risen("jobs_total"), 100);
  await expectValue(server, risen("wait_seconds_count"), 100);
  await expectValue(server, risen('wait_seconds_bucket{le="1.0"}'), 60);
});
