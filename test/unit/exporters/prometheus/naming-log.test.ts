import { expect, test } from "vitest";
import { counter, gauge, metric, number, openLab } from "./lab.ts";

test("the log says once of each metric what it is called, with its type and labels, and the overrides of the config count", async () => {
  await using lab = await openLab({
    metric_overrides: [{ metric: "free", unit: "{slot}" }],
    resource_to_telemetry_conversion: { promote: ["service.*"] },
  });
  const request = (time: number) => [
    metric("free", gauge(number(3, { time })), { unit: "1" }),
    metric("cache.hits", counter(number(1, { time, attributes: { kind: "a" } })), { unit: "1" }),
  ];
  await lab.push(...request(1));
  await lab.push(...request(2));
  const named = lab.around.log.lines.filter(({ message }) => message.includes("→"));
  expect(named.map(({ level, fields, message }) => [level, message, (fields as { readonly labels: readonly string[] }).labels.join()])).toEqual([
    ["info", "free → free → gauge", "instance,job,service_instance_id,service_name"],
    ["info", "cache.hits → cache_hits_total → counter", "instance,job,kind,service_instance_id,service_name"],
  ]);
  expect([...(await lab.samples())].sort()).toEqual([
    expect.stringMatching(/^cache_hits_total\{/),
    expect.stringMatching(/^free\{.*service_name="api".*\} 3$/),
  ]);
});
