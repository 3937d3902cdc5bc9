import { expect, test, vi } from "vitest";
import { resolveAlertOptions } from "../../../../collector/alerts/alert-options.ts";
import type { MetricsBatch } from "../../../../collector/model/batch.ts";
import type { Metric } from "../../../../collector/model/metric.ts";
import { LabelSet } from "../../../../collector/promql/label-set.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { metricColumnsOf } from "../../../../collector/wire/scan-batch.ts";
import { METRIC_ROW } from "../../../../collector/wire/scan-metric-rows.ts";
import { alerts } from "../../../../exporters/alerts/alerts.ts";
import { alertsConfig } from "../../../../exporters/alerts/alerts-config.ts";
import { fingerprint } from "../../../../exporters/alerts/notification.ts";
import { MAX_WAITING_RESOLVED } from "../../../../exporters/alerts/notifier.ts";
import { buckets, counter, EPOCH_MS, gauge, histogram, metric, number, resource } from "../prometheus/lab.ts";
import { fakeWebhook, openAlertLab, ruleFile } from "./lab.ts";

const PERMITS = "genarrative.http.server.request_permits.available";
const permits = (value: number, seconds: number) => metric(PERMITS, gauge(number(value, { time: seconds })), { unit: "{permit}" });

/** Rules over one gauge `g`. */
const RULES = `
groups:
  - name: test
    rules:
      - record: level:g:max
        expr: max by (job) (g)
      - alert: High
        expr: level:g:max > 10
        for: 10s
        labels: {severity: warn, layer: application}
        annotations: {summary: "g of {{ $labels.job }} is {{ $value }}"}
      - alert: Dipped
        expr: min_over_time(g[30s]) < 0
        labels: {severity: page}
`;
const g = (value: number, seconds: number, name = "g") => metric(name, gauge(number(value, { time: seconds })));

test("points in, webhook out within one interval: permits run out, and are there again", async () => {
  await using webhook = await fakeWebhook();
  await using lab = await openAlertLab({ interval: "30ms", webhook: { url: webhook.url, headers: { Authorization: "Bearer t0ken" } } });
  await lab.push(permits(0, 0));
  await vi.waitFor(() => expect(webhook.posts.length).toBeGreaterThan(0));
  expect(webhook.posts[0]).toMatchObject({
    version: "4",
    status: "firing",
    groupLabels: { alertname: "RequestPermitsExhausted" },
    alerts: [
      {
        status: "firing",
        labels: { alertname: "RequestPermitsExhausted", severity: "page", layer: "application", job: "api", instance: "i-1" },
        annotations: { summary: "No request permits left on i-1" },
        startsAt: new Date(EPOCH_MS).toISOString(),
        endsAt: "0001-01-01T00:00:00Z",
      },
    ],
  });
  expect(webhook.headers[0]).toMatchObject({ authorization: "Bearer t0ken", "content-type": "application/json" });
  expect(lab.meter("pitwall_alerts_firing", { alertname: "RequestPermitsExhausted" })).toBe(1);
  const told = lab.around.log.lines.find(({ message }) => message.startsWith("alert RequestPermitsExhausted"));
  expect(told).toMatchObject({
    level: "error",
    fields: { layer: "application", value: 0, runbook: expect.stringContaining("RequestPermitsExhausted") },
  });

  lab.moveTo(60);
  await lab.push(permits(200, 60));
  await vi.waitFor(() => expect(webhook.posts.some(({ status }) => status === "resolved")).toBe(true));
  const resolved = webhook.posts.find(({ status }) => status === "resolved");
  expect(resolved?.alerts).toMatchObject([{ status: "resolved", endsAt: new Date(EPOCH_MS + 60_000).toISOString() }]);
  expect(lab.meter("pitwall_alerts_firing")).toBe(0);
});

test("a healthy server raises nothing", async () => {
  await using webhook = await fakeWebhook();
  await using lab = await openAlertLab({ webhook: { url: webhook.url } });
  for (let seconds = 0; seconds <= 300; seconds += 5) {
    lab.moveTo(seconds);
    const served = number(seconds * 100, { time: seconds, start: 0, attributes: { "http.response.status_code": 200 } });
    await lab.push(
      permits(200 + (seconds % 50), seconds),
      metric("process.memory.usage", gauge(number(150e6, { time: seconds })), { unit: "By" }),
      metric("process.unix.file_descriptor.count", gauge(number(50, { time: seconds }))),
      metric("http.server.requests", counter(served)),
    );
    lab.evaluateAt(seconds);
  }
  expect(lab.meter("pitwall_alerts_firing")).toBe(0);
  expect(lab.meter("pitwall_alerts_evaluation_failures")).toBe(0);
  expect(webhook.requests).toBe(0);
  expect(lab.around.log.lines.filter(({ level }) => level !== "info")).toEqual([]);
});

test("a rule with `for` waits, and forgets where its condition does not last", async () => {
  await using rules = await ruleFile(RULES);
  await using lab = await openAlertLab({ rules: [rules.path] });
  const firing = () => lab.meter("pitwall_alerts_firing", { alertname: "High" });
  const step = async (seconds: number, value: number) => {
    lab.moveTo(seconds);
    await lab.push(g(value, seconds));
    lab.evaluateAt(seconds);
  };
  await step(0, 11);
  await step(5, 11);
  await step(9, 3);
  await step(10, 12);
  await step(19, 12);
  expect(firing()).toBe(0);
  await step(20, 12);
  expect(firing()).toBe(1);
  expect(lab.around.log.lines.at(-1)).toMatchObject({ level: "warn", message: "alert High: g of api is 12" });
  await step(25, 2);
  expect(firing()).toBe(0);
});

test("query_offset: samples are kept for so much longer", async () => {
  const rules = [{ alert: "Then", expr: "max_over_time(g[5s]) > 0" }];
  await using file = await ruleFile(JSON.stringify({ groups: [{ name: "late", query_offset: "10m", rules }] }));
  await using lab = await openAlertLab({ rules: [file.path], metric_expiration: "1h" });
  for (const seconds of [0, 100, 300, 590]) {
    lab.moveTo(seconds);
    await lab.push(g(seconds === 0 ? 1 : 0, seconds));
    lab.evaluateAt(seconds);
  }
  lab.evaluateAt(602);
  expect(lab.meter("pitwall_alerts_firing", { alertname: "Then" })).toBe(1);
  lab.evaluateAt(610);
  expect(lab.meter("pitwall_alerts_firing", { alertname: "Then" })).toBe(0);
});

test("a dip between two evaluations is seen", async () => {
  await using rules = await ruleFile(RULES);
  await using lab = await openAlertLab({ rules: [rules.path] });
  lab.evaluateAt(0);
  for (const [seconds, value] of [
    [1, 5],
    [2, -1],
    [3, 5],
  ] as const) {
    lab.moveTo(seconds);
    await lab.push(g(value, seconds));
  }
  lab.evaluateAt(5);
  expect(lab.meter("pitwall_alerts_firing", { alertname: "Dipped" })).toBe(1);
});

test("a sender whose clock is wrong is heard all the same", async () => {
  for (const skewSeconds of [-3600, 3600]) {
    await using rules = await ruleFile(RULES);
    await using lab = await openAlertLab({ rules: [rules.path] });
    for (let seconds = 0; seconds <= 20; seconds += 5) {
      lab.moveTo(seconds);
      await lab.push(g(50, seconds + skewSeconds));
      lab.evaluateAt(seconds);
    }
    expect(lab.meter("pitwall_alerts_firing", { alertname: "High" })).toBe(1);
  }
});

test("rates and quantiles read histograms and counters as Prometheus has them", async () => {
  await using rules = await ruleFile(`
groups:
  - name: shapes
    rules:
      - {alert: Slow, expr: 'histogram_quantile(0.5, rate(d_seconds_bucket[1m])) > 0.87 < 0.88'}
      - {alert: Busy, expr: 'rate(d_seconds_count[1m]) > 9 and rate(d_seconds_sum[1m]) > 4 and rate(c_total[1m]) > 0.9'}
      - {alert: Info, expr: 'target_info{zone="eu"}'}
`);
  await using lab = await openAlertLab({ rules: [rules.path] });
  for (let seconds = 0; seconds <= 60; seconds += 5) {
    lab.moveTo(seconds);
    const inBuckets = buckets([seconds * 2, seconds * 8, 0], [0.5, 1.5], { time: seconds, start: 0, sum: seconds * 5 });
    const from = { resource: resource({ "service.name": "api", "service.instance.id": "i-1", zone: "eu" }) };
    await lab.push(
      metric("d", histogram(inBuckets), { unit: "s", ...from }),
      metric("c", counter(number(seconds, { time: seconds, start: 0 })), from),
    );
    lab.evaluateAt(seconds);
  }
  expect(
    lab.around.log.lines
      .filter(({ level }) => level === "warn" || level === "error")
      .map(({ message }) => message)
      .sort(),
  ).toEqual(["alert Busy: Busy", "alert Info: Info", "alert Slow: Slow"]);
});

test("an unreachable webhook is tried again, and hears the newest state once it is there", async () => {
  await using rules = await ruleFile(RULES);
  await using webhook = await fakeWebhook();
  webhook.answers.push("drop", 503, 429);
  await using lab = await openAlertLab({
    rules: [rules.path],
    webhook: { url: webhook.url, retry: { initial_interval: "1ms", max_interval: "2ms" } },
  });
  await lab.push(g(-1, 0));
  lab.evaluateAt(0);
  await vi.waitFor(() => expect(lab.meter("pitwall_alerts_notifications_sent")).toBe(1));
  expect(webhook.posts.length).toBe(1);
  expect(lab.meter("pitwall_alerts_notification_retries")).toBe(3);
  expect(lab.meter("pitwall_alerts_notifications_failed")).toBe(0);
});

test("what was resolved while the webhook was away is told all the same", async () => {
  await using rules = await ruleFile(RULES);
  await using webhook = await fakeWebhook();
  webhook.answers.push(503);
  const lab = await openAlertLab({ rules: [rules.path], webhook: { url: webhook.url, retry: { initial_interval: "1h", max_interval: "1h" } } });
  const dip = (item: string, value: number, seconds: number) => metric("g", gauge(number(value, { time: seconds, attributes: { item } })));
  await lab.push(dip("a", -1, 0));
  lab.evaluateAt(0);
  await vi.waitFor(() => expect(lab.meter("pitwall_alerts_notification_retries")).toBe(1));
  lab.moveTo(40);
  await lab.push(dip("a", 1, 40), dip("b", 1, 40));
  lab.evaluateAt(40);
  lab.moveTo(41);
  await lab.push(dip("b", -1, 41));
  lab.evaluateAt(41);
  await lab.exporter[Symbol.asyncDispose]();
  const told = webhook.posts.flatMap(({ alerts }) => alerts).map(({ status, labels }) => `${labels["item"]} ${status}`);
  expect(told).toEqual(["a resolved", "b resolved"]);
});

test("what was resolved while the webhook was away waits in bounds: of more the newest are told, and the others counted", async () => {
  await using rules = await ruleFile(RULES);
  await using webhook = await fakeWebhook();
  webhook.answers.push(503);
  const lab = await openAlertLab({
    rules: [rules.path],
    webhook: { url: webhook.url, max_alerts: 0, retry: { initial_interval: "1h", max_interval: "1h" } },
  });
  const some = 700;
  const all = (letter: string, value: number, seconds: number) => {
    const points = Array.from({ length: some }, (_, index) => number(value, { time: seconds, attributes: { item: `${letter}${index}` } }));
    return metric("g", gauge(...points));
  };
  const step = async (seconds: number, ...metrics: Metric[]) => {
    lab.moveTo(seconds);
    await lab.push(...metrics);
    lab.evaluateAt(seconds);
  };
  await step(0, all("a", -1, 0));
  await vi.waitFor(() => expect(lab.meter("pitwall_alerts_notification_retries")).toBe(1));
  await step(40, all("a", 1, 40), all("b", -1, 40));
  await step(80, all("b", 1, 80));
  const leftOut = 2 * some - MAX_WAITING_RESOLVED;
  expect(lab.meter("pitwall_alerts_notification_left_out")).toBe(leftOut);
  await lab.exporter[Symbol.asyncDispose]();
  expect(webhook.posts).toMatchObject([{ status: "resolved", truncatedAlerts: leftOut }]);
  const told = webhook.posts[0]?.alerts.map(({ labels }) => labels["item"]?.slice(0, 1)) ?? [];
  expect([told.filter((letter) => letter === "a").length, told.filter((letter) => letter === "b").length]).toEqual([some - leftOut, some]);
  expect(lab.around.log.lines).toContainEqual(expect.objectContaining({ level: "warn", fields: { alertname: "Dipped", leftOut } }));
});

test("metrics that no rule mentions are still there for others that share the request", async () => {
  await using rules = await ruleFile(RULES);
  await using lab = await openAlertLab({ rules: [rules.path] });
  const batch = batchOf("metrics", [g(1, 0, "other"), g(1, 0)]) as MetricsBatch;
  const counts = () => {
    const { metrics } = metricColumnsOf(batch);
    return Array.from({ length: metrics.length }, (_, row) => metrics.words[row * METRIC_ROW.stride + METRIC_ROW.pointCount]);
  };
  expect(counts()).toEqual([1, 1]);
  await lab.exporter.push(batch);
  expect(counts()).toEqual([1, 1]);
});

test("what the webhook refuses for good is counted as failed and not repeated", async () => {
  await using rules = await ruleFile(RULES);
  await using webhook = await fakeWebhook();
  webhook.answers.push(400);
  await using lab = await openAlertLab({ rules: [rules.path], webhook: { url: webhook.url } });
  await lab.push(g(-1, 0));
  lab.evaluateAt(0);
  await vi.waitFor(() => expect(lab.meter("pitwall_alerts_notifications_failed")).toBe(1));
  expect(webhook.requests).toBe(1);
});

test("what still fires is told again after repeat_interval, and only then", async () => {
  await using rules = await ruleFile(RULES);
  await using webhook = await fakeWebhook();
  await using lab = await openAlertLab({ rules: [rules.path], webhook: { url: webhook.url, repeat_interval: "20s" } });
  for (let seconds = 0; seconds <= 60; seconds += 5) {
    lab.moveTo(seconds);
    await lab.push(g(-1, seconds));
    lab.evaluateAt(seconds);
    await vi.waitFor(() => expect(lab.meter("pitwall_alerts_notifications_sent")).toBe(1 + Math.floor(seconds / 20)));
  }
  expect(webhook.posts.map(({ status }) => status)).toEqual(["firing", "firing", "firing", "firing"]);
});

test("at the end the last points are evaluated, and what fires is resolved", async () => {
  await using rules = await ruleFile(RULES);
  await using webhook = await fakeWebhook();
  const lab = await openAlertLab({ rules: [rules.path], webhook: { url: webhook.url } });
  lab.evaluateAt(0);
  await lab.push(g(-1, 0));
  await lab.exporter[Symbol.asyncDispose]();
  expect(webhook.posts.flatMap(({ alerts }) => alerts).map(({ status, labels }) => `${labels["alertname"]} ${status}`)).toEqual(["Dipped resolved"]);
});

test("at the end of a webhook that is away its notifications count as failed", async () => {
  await using rules = await ruleFile(RULES);
  const webhook = await fakeWebhook();
  const lab = await openAlertLab({ rules: [rules.path], webhook: { url: webhook.url, retry: { initial_interval: "1h", max_interval: "1h" } } });
  await webhook[Symbol.asyncDispose]();
  await lab.push(g(-1, 0));
  lab.evaluateAt(0);
  await vi.waitFor(() => expect(lab.meter("pitwall_alerts_notification_retries")).toBe(1));
  await lab.exporter[Symbol.asyncDispose]();
  expect(lab.meter("pitwall_alerts_notifications_failed")).toBe(1);
  expect(lab.meter("pitwall_alerts_notifications_sent")).toBe(0);
});

test("only what rules mention is kept, and no longer than they look back", async () => {
  await using rules = await ruleFile(RULES);
  await using lab = await openAlertLab({ rules: [rules.path] });
  const sizes: number[] = [];
  for (let seconds = 0; seconds <= 3600; seconds += 5) {
    lab.moveTo(seconds);
    await lab.push(g(1, seconds), g(1, seconds, `other.${seconds}`));
    lab.evaluateAt(seconds);
    if (seconds >= 1200) sizes.push(lab.meter("pitwall_alerts_window_bytes"));
  }
  expect(lab.meter("pitwall_alerts_window_series")).toBe(2);
  expect(Math.max(...sizes)).toBe(sizes[0]);
  expect(sizes[0]).toBeLessThan(10_000);
});

test("memory stays bounded under churn, and what finds no room is a counted loss", async () => {
  await using rules = await ruleFile(RULES);
  await using lab = await openAlertLab({ rules: [rules.path], evaluation: { max_bytes: 100_000 } });
  let lost = 0;
  for (let round = 0; round < 50; round++) {
    const points = Array.from({ length: 20 }, (_, index) => number(1, { time: round, attributes: { item: `${round}-${index}` } }));
    lab.moveTo(round);
    await lab.push(metric("g", gauge(...points))).catch((error: { items: number; reason: string }) => {
      expect(error.reason).toBe("evaluation_window_full");
      lost += error.items;
    });
    expect(lab.meter("pitwall_alerts_window_bytes")).toBeLessThanOrEqual(100_000);
  }
  expect(lost).toBeGreaterThan(500);
  expect(lab.meter("pitwall_alerts_lost_samples")).toBe(lost);
  // What has gone makes room again.
  lab.evaluateAt(1000);
  await lab.push(g(1, 1000));
});

test("losses of the collector itself raise an alert, although nobody sends its own counters here", async () => {
  await using lab = await openAlertLab();
  const firing = () => lab.meter("pitwall_alerts_firing", { alertname: "CollectorDroppingTelemetry" });
  lab.evaluateAt(0);
  lab.around.ledger.dropped("otlp_http/tempo", "send_failed", "traces", 12);
  lab.evaluateAt(5);
  lab.evaluateAt(10);
  expect(firing()).toBe(1);
});

test("a rule that cannot be evaluated is told once, and the others go on", async () => {
  await using rules = await ruleFile(`
groups:
  - name: test
    rules:
      - {alert: Ambiguous, expr: g + on (job) g}
      - {alert: Fine, expr: g > 0}
`);
  await using lab = await openAlertLab({ rules: [rules.path] });
  const points = ["a", "b"].map((item) => number(1, { time: 0, attributes: { item } }));
  await lab.push(metric("g", gauge(...points)));
  lab.evaluateAt(0);
  lab.evaluateAt(1);
  expect(lab.meter("pitwall_alerts_firing", { alertname: "Fine" })).toBe(2);
  expect(lab.meter("pitwall_alerts_evaluation_failures")).toBe(2);
  const told = () => lab.around.log.lines.filter(({ message }) => message.includes("cannot be evaluated")).length;
  expect(told()).toBe(1);
  lab.evaluateAt(1000);
  await lab.push(metric("g", gauge(...["a", "b"].map((item) => number(1, { time: 1001, attributes: { item } })))));
  lab.evaluateAt(1002);
  expect(told()).toBe(2);
});

test("an interval beyond the longest timer of Node does not make evaluations run without a pause", async () => {
  await using rules = await ruleFile('groups: [{name: slow, interval: 1y, rules: [{alert: A, expr: "vector(1)"}]}]');
  const timers = vi.spyOn(globalThis, "setInterval");
  await using _ = await openAlertLab({ rules: [rules.path] });
  const delays = timers.mock.calls.map(([, delayMs]) => delayMs ?? 0);
  timers.mockRestore();
  expect(delays.length).toBeGreaterThan(0);
  expect(Math.max(...delays)).toBeLessThan(2 ** 31);
});

test("intervals that cannot be are told as mistakes of the configuration", async () => {
  for (const keys of [{ interval: "0s" }, { sample_interval: 0 }, { sample_interval: "1200us" }]) {
    expect(alerts.config.safeParse(keys)).toMatchObject({ success: false });
  }
});

test("fingerprints are Alertmanager's", () => {
  expect(fingerprint(LabelSet.EMPTY)).toBe("cbf29ce484222325");
  // prometheus/common model/signature_test.go
  expect(BigInt(`0x${fingerprint(LabelSet.from({ name: "garland, briggs", fear: "love is not enough" }))}`)).toBe(5_799_056_148_416_392_346n);
});

test("the builtin rules need names with underscores, and without a namespace", async () => {
  await expect(openAlertLab({ namespace: "my" })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
  await expect(openAlertLab({ translation_strategy: "NoTranslation" })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
});

test("thresholds of the builtin rules are the user's to set: a server with another limit of descriptors", async () => {
  const open = metric("process.unix.file_descriptor.count", gauge(number(900, { time: 0 })), { unit: "{file_descriptor}" });
  for (const [limit, firing] of [
    [1024, 1],
    [65_536, 0],
  ]) {
    await using lab = await openAlertLab({ thresholds: { file_descriptor_limit: limit } });
    await lab.push(open);
    lab.evaluateAt(0);
    lab.evaluateAt(10);
    expect(lab.meter("pitwall_alerts_firing", { alertname: "FileDescriptorsNearLimit" })).toBe(firing);
  }
  await expect(openAlertLab({ thresholds: { latency_target_seconds: 3600 } })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
});

test("every threshold is an option of the rules", () => {
  const given = { permits_low_ratio: 0.2, memory_climb_bytes: 1, memory_peak_bytes: 1, error_burn_rate: 2, lost_requests_ratio: 0.5 };
  const keys = Object.keys(alertsConfig.shape.thresholds.unwrap().shape);
  expect(keys).toEqual(expect.arrayContaining(Object.keys(given)));
  const options = Object.keys(resolveAlertOptions({ strategy: "UnderscoreEscapingWithSuffixes" }));
  expect(options).toEqual(expect.arrayContaining(keys.map((key) => key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()))));
});
