import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type DashboardJson, queryPanels } from "../../dashboards/dashboard-json.ts";
import { renderDashboards } from "../../dashboards/render.ts";
import { peerCommand } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import { OTLP_RECEIVER, startCollector } from "./collector-process.ts";
import { hasData, withVariables } from "./dashboard-queries.ts";
import { queryUntil, startPrometheus } from "./prometheus-process.ts";

/** What the client's panels read of k6 alone: panel and query. */
const OF_K6 = [
  ["Client ▸", "A"],
  ["Client ▸", "B"],
  ["Client ▸", "C"],
  ["Client ▸", "D"],
  ["Offered and achieved rate", "A"],
  ["Offered and achieved rate", "B"],
  ["Offered and achieved rate", "C"],
  ["Requests by hop", "A"],
  ["Errors by kind, as the client saw them", "B"],
  ["Latency by hop, p95", "A"],
] as const;

test.each([
  ["suffixed", "UnderscoreEscapingWithSuffixes"],
  ["plain", "UnderscoreEscapingWithoutSuffixes"],
] as const)("k6 as the load generator fills the client's panels, with %s names", { timeout: 60_000 }, async (strategy, translation) => {
  let served = 0;
  const target = createServer((_request, response) => {
    response.statusCode = ++served % 10 === 0 ? 500 : 200;
    response.end("works");
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
  await using stack = new AsyncDisposableStack();
  stack.defer(() => target.closeAllConnections());
  stack.defer(() => void target.close());
  const collector = stack.use(
    await startCollector({
      config: {
        receivers: { otlp: OTLP_RECEIVER },
        exporters: { prometheus: { endpoint: "127.0.0.1:0", translation_strategy: translation } },
        service: { telemetry: { metrics: { level: "none" } }, pipelines: { metrics: { receivers: ["otlp"], exporters: ["prometheus"] } } },
      },
    }),
  );
  const prometheus = stack.use(await startPrometheus(collector.endpoint("prometheus")));
  // Prometheus takes up to five seconds until it looks at its targets.
  expect(await queryUntil(prometheus, "up", (value) => value === 1)).toBe(1);
  const sinceSeconds = Math.floor(Date.now() / 1000);
  const script = join(collector.folder, "script.js");
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/works`;
  writeFileSync(
    script,
    `import http from "k6/http";
     export const options = { scenarios: { spike: { executor: "constant-arrival-rate", rate: 40, duration: "4s", preAllocatedVUs: 4 } } };
     export default () => { http.get("${url}"); };`,
  );
  const { file, arguments: first, environment } = peerCommand("k6");
  await using k6 = new Process({
    file,
    arguments: [...first, "run", "--quiet", "--no-usage-report", "--out=opentelemetry", script],
    environment: {
      ...environment,
      K6_OTEL_EXPORT_INTERVAL: "300ms",
      K6_OTEL_FLUSH_INTERVAL: "100ms",
      K6_OTEL_EXPORTER_PROTOCOL: "grpc",
      K6_OTEL_GRPC_EXPORTER_INSECURE: "true",
      K6_OTEL_GRPC_EXPORTER_ENDPOINT: collector.endpoint("otlp.grpc"),
    },
  });
  expect(await k6.end(), k6.stderr).toBe(0);
  expect(served).toBeGreaterThan(100);

  const [loadRun] = renderDashboards({ strategy }).map(({ json }) => JSON.parse(json) as DashboardJson);
  const panels = queryPanels(loadRun as DashboardJson);
  for (const [panel, refId] of OF_K6) {
    const query = panels.find(({ title }) => title === panel)?.targets?.find((candidate) => candidate.refId === refId);
    const question = { prometheus, expression: withVariables(query?.expr ?? ""), isInstant: query?.instant === true, sinceSeconds };
    expect(await hasData(question, 10_000), `${panel} ${refId}: ${question.expression}`).toBe(true);
  }
  const failed = panels.find(({ title }) => title === "Client ▸")?.targets?.find(({ refId }) => refId === "B")?.expr ?? "";
  expect((await prometheus.query(withVariables(failed)))[0]?.value).toBeCloseTo(0.1, 1);
});
