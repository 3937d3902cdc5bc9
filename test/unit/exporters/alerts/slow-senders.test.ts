import { expect, test } from "vitest";
import { gauge, metric, number } from "../prometheus/lab.ts";
import { openAlertLab } from "./lab.ts";

const permits = (seconds: number) =>
  metric("genarrative.http.server.request_permits.available", gauge(number(200, { time: seconds })), { unit: "{permit}" });

async function warningsAt(times: readonly number[], settings: object = {}): Promise<readonly unknown[]> {
  await using lab = await openAlertLab(settings);
  for (const seconds of times) {
    lab.moveTo(seconds);
    await lab.push(permits(seconds));
  }
  return lab.around.log.lines.filter(({ level }) => level === "warn").map(({ fields, message }) => [message, fields]);
}

test("a server that exports every minute is told of once, with what to set", async () => {
  const warnings = await warningsAt([0, 60, 120, 180, 240]);
  expect(warnings).toEqual([
    [
      "the metrics of api come too seldom for the rules' windows: alerts will come and go",
      {
        service: "api",
        intervalMs: 60_000,
        expectedMs: 5000,
        hint: "set OTEL_METRIC_EXPORT_INTERVAL=5000 there, or sample_interval: 60s of this exporter",
      },
    ],
  ]);
});

test("a single pause, the expected interval, and a sample_interval as long as the sender's are nothing to tell", async () => {
  expect(await warningsAt([0, 5, 10, 70, 75, 80, 85])).toEqual([]);
  expect(await warningsAt([0, 5, 10, 15])).toEqual([]);
  expect(await warningsAt([0, 60, 120, 180], { sample_interval: "60s" })).toEqual([]);
});
