import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { METRICS } from "../../collector/model/catalog.ts";
import { CLIENT_METRICS, RUN_METRICS } from "../../collector/model/catalog-run.ts";
import { type DashboardJson, queryPanels } from "../../dashboards/dashboard-json.ts";
import { EMPTY_QUERIES } from "../../dashboards/empty-queries.ts";
import { NAMING_STRATEGIES, type NamingStrategy } from "../../dashboards/names.ts";
import { renderDashboards } from "../../dashboards/render.ts";
import { ROUTES } from "../../loadtest/api-server/routes.ts";
import { demoLoad, demoPhases } from "../../loadtest/demo/load.ts";
import { drive } from "../../loadtest/driver/driver.ts";
import { type RunTelemetry, startRunTelemetry } from "../../loadtest/driver/run-telemetry.ts";
import { startApiServer } from "./api-server-process.ts";
import { OTLP_RECEIVER, startCollector, TELEMETRY } from "./collector-process.ts";
import { hasData, type Question, withVariables } from "./dashboard-queries.ts";
import { type PrometheusProcess, queryUntil, startPrometheus } from "./prometheus-process.ts";

/** One run of the demo's parts, scraped by one Prometheus for each naming strategy; every query of every panel is asked there. */

const SECONDS = 6;
const PEAK_PER_SECOND = 60;
const RUN_ID = "dashboards-test";
const STRATEGY_NAMES = { suffixed: "UnderscoreEscapingWithSuffixes", plain: "UnderscoreEscapingWithoutSuffixes" } as const;

let servers: Readonly<Record<NamingStrategy, PrometheusProcess>>;
let telemetry: RunTelemetry;
let otlpUrl: string;
let apiServerUrl: string;
/** Unix time of the begin of the run. */
let beganSeconds: number;

beforeAll(async () => {
  const stack = new AsyncDisposableStack();
  const sink = createServer((request, response) => request.resume().on("end", () => response.end())).listen(0, "127.0.0.1");
  await once(sink, "listening");
  stack.defer(() => void sink.close());
  const collector = stack.use(await startCollector({ config: collectorConfig(`http://127.0.0.1:${(sink.address() as AddressInfo).port}`) }));
  const job = (name: string, endpoint: string) => ({
    job_name: name,
    honor_labels: true,
    static_configs: [{ targets: [collector.endpoint(endpoint)] }],
  });
  const open = async (strategy: NamingStrategy) =>
    stack.use(await startPrometheus({ config: { scrape_configs: [job("otlp", `prometheus/${strategy}`), job("pitwall", "telemetry.metrics")] } }));
  const [suffixed, plain] = await Promise.all([open("suffixed"), open("plain")]);
  servers = { suffixed, plain };
  // Prometheus takes up to five seconds until it looks at its targets.
  for (const server of [suffixed, plain]) expect(await queryUntil(server, "sum(up)", (value) => value === 2)).toBe(2);
  otlpUrl = `http://${collector.endpoint("otlp.http")}`;
  const apiServer = stack.use(
    await startApiServer(collector.endpoint("otlp.http"), {
      GENARRATIVE_PLAY_INTERVAL_MS: "500",
      OTEL_BSP_SCHEDULE_DELAY: "250",
      OTEL_BLRP_SCHEDULE_DELAY: "250",
    }),
  );
  apiServerUrl = apiServer.url;
  const run = { id: RUN_ID, name: "dashboards", scenario: "spike" };
  telemetry = stack.use(await startRunTelemetry({ otlpUrl, run, phases: demoPhases(SECONDS), intervalMs: 500 }));
  const load = demoLoad(apiServerUrl, SECONDS, PEAK_PER_SECOND, AbortSignal.timeout(60_000));
  beganSeconds = Math.floor(Date.now() / 1000);
  const driven = await drive({ ...load, observer: telemetry.observer });
  expect(driven.outcomes.ok).toBe(driven.sent);
  // Gone only when the tests are over: what it sends keeps its series alive.
  return () => stack.disposeAsync();
}, 60_000);

function collectorConfig(sinkUrl: string): object {
  const prometheus = (strategy: NamingStrategy) => ({ endpoint: "127.0.0.1:0", translation_strategy: STRATEGY_NAMES[strategy] });
  const metrics = ["prometheus/suffixed", "prometheus/plain", "otlp_http"];
  return {
    receivers: { otlp: OTLP_RECEIVER },
    connectors: { spanmetrics: { metrics_flush_interval: "500ms" } },
    exporters: {
      "prometheus/suffixed": prometheus("suffixed"),
      "prometheus/plain": prometheus("plain"),
      otlp_http: { endpoint: sinkUrl },
    },
    service: {
      telemetry: TELEMETRY,
      pipelines: {
        traces: { receivers: ["otlp"], exporters: ["spanmetrics", "otlp_http"] },
        metrics: { receivers: ["otlp", "spanmetrics"], exporters: metrics },
        logs: { receivers: ["otlp"], exporters: ["otlp_http"] },
      },
    },
  };
}

describe.each(NAMING_STRATEGIES)("with %s names", (strategy) => {
  const dashboards = renderDashboards({ strategy }).map(({ json }) => JSON.parse(json) as DashboardJson);

  test.each(dashboards)("$title: every query has an answer, but for those that are listed", async (dashboard) => {
    const queries = queryPanels(dashboard).flatMap(({ title, targets = [] }) => targets.map((target) => ({ ...target, panel: title })));
    expect(queries.length).toBeGreaterThan(10);
    const listed = new Set(
      EMPTY_QUERIES.filter(({ dashboard: uid }) => uid === dashboard.uid).flatMap(({ panel, refIds }) => refIds.map((refId) => `${panel} ${refId}`)),
    );
    const answers = await Promise.all(
      queries.map(async ({ panel, refId, expr, instant }) => {
        const id = `${panel} ${refId}`;
        const patienceMs = listed.has(id) ? 0 : 10_000;
        return { id, expr, hasData: await hasData(ask(strategy, withVariables(expr), instant === true), patienceMs) };
      }),
    );
    expect(answers.filter(({ id, hasData: has }) => !has && !listed.has(id))).toEqual([]);
    expect(answers.filter(({ id, hasData: has }) => has && listed.has(id)).map(({ id }) => id)).toEqual([]);
    expect([...listed].filter((id) => !answers.some((answer) => answer.id === id))).toEqual([]);
  });

  test.each(dashboards)("$title: its variables offer what is there, and its marks show the run", async (dashboard) => {
    const offered = await Promise.all(
      dashboard.templating.list
        .filter(({ type }) => type === "query")
        .map(async ({ name, query = "" }) => [name, await offers(strategy, query)] as const),
    );
    const expected = dashboard.uid === "loadtest-collector" ? "pitwall" : "genarrative-api";
    expect(Object.fromEntries(offered)).toMatchObject({ job: [expected], instance: [expect.any(String)], run: [RUN_ID] });
    const marks = dashboard.annotations.list.flatMap(({ expr }) => (expr === undefined ? [] : [withVariables(expr)]));
    expect(marks).toHaveLength(2);
    for (const expression of marks) expect(await hasData(ask(strategy, expression, false), 10_000), expression).toBe(true);
  });

  test("one job and instance chosen: the server's panels keep their data", async () => {
    const requests = `${METRICS.httpServerRequestDuration.prometheus[strategy]}_count`;
    const [series] = await servers[strategy].query(requests);
    const chosen = { job: series?.labels["job"] as string, instance: series?.labels["instance"] as string };
    const permits = dashboards.flatMap(queryPanels).find(({ title }) => title === "Request permits");
    for (const { expr } of permits?.targets ?? []) {
      expect(await hasData(ask(strategy, withVariables(expr, chosen), false), 10_000), expr).toBe(true);
    }
  });
});

test("faults fill the listed queries: refused requests those of errors, a proxy's spans those of proxy and network", async () => {
  const targets = [{ name: ROUTES.puzzleWorks, path: () => ROUTES.puzzleWorks, weight: 1 }];
  const rate = { kind: "constant", perSecond: 40, durationMs: 3000 } as const;
  const { observer } = telemetry;
  const [driven] = await Promise.all([
    drive({ baseUrl: apiServerUrl, rate, targets, maxInFlight: 64, timeoutMs: 5000, observer }),
    sendProxySpans(3000),
  ]);
  expect(driven.outcomes.http_4xx).toBe(driven.sent);
  const [loadRun] = renderDashboards({ strategy: "suffixed" }).map(({ json }) => JSON.parse(json) as DashboardJson);
  const filled = EMPTY_QUERIES.filter(({ filledBy }) => !/k6|Windows/.test(filledBy)).flatMap(({ panel, refIds }) =>
    refIds.map((refId) => [panel, refId]),
  );
  expect(filled.length).toBeGreaterThan(8);
  for (const [panel, refId] of filled) {
    const target = queryPanels(loadRun as DashboardJson)
      .find(({ title }) => title === panel)
      ?.targets?.find((candidate) => candidate.refId === refId);
    const query = withVariables(target?.expr ?? "");
    expect(await hasData(ask("suffixed", query, target?.instant === true), 10_000), `${panel} ${refId}: ${query}`).toBe(true);
  }
});

/** SERVER spans as the access log of nginx gives them, every 300 ms, one in five of them a 502. */
async function sendProxySpans(forMs: number): Promise<void> {
  const id = (digits: number) => randomBytes(digits / 2).toString("hex");
  const attribute = (key: string, value: object) => ({ key, value });
  for (const deadline = AbortSignal.timeout(forMs); !deadline.aborted; await wait(300)) {
    const nowMs = Date.now();
    const spans = Array.from({ length: 5 }, (_, index) => ({
      traceId: id(32),
      spanId: id(16),
      name: "GET /",
      kind: 2,
      startTimeUnixNano: `${nowMs - 20}000000`,
      endTimeUnixNano: `${nowMs}000000`,
      attributes: [attribute("http.response.status_code", { intValue: index === 0 ? "502" : "200" })],
    }));
    const resource = { attributes: [attribute("service.name", { stringValue: "nginx" }), attribute("service.instance.id", { stringValue: "n1" })] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    const response = await fetch(`${otlpUrl}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
    expect(response.status).toBe(200);
  }
}

test("when the run ends its series say so, and the table of runs has begin and end", async () => {
  await telemetry.end();
  for (const strategy of NAMING_STRATEGIES) {
    const active = `max(${RUN_METRICS.runActive.prometheus[strategy]}{run_id="${RUN_ID}"})`;
    expect(await queryUntil(servers[strategy], active, (value) => value === 0)).toBe(0);
    // The driver's own series, which carry the run's id, go with it.
    const planned = `count(${CLIENT_METRICS.clientRequestsPlanned.prometheus[strategy]}) or vector(0)`;
    expect(await queryUntil(servers[strategy], planned, (value) => value === 0)).toBe(0);
    expect((await servers[strategy].query(`max(${RUN_METRICS.runPhase.prometheus[strategy]})`))[0]?.value).toBe(0);
    const table = renderDashboards({ strategy })
      .flatMap(({ json }) => queryPanels(JSON.parse(json) as DashboardJson))
      .find(({ title }) => title === "Runs");
    const [, begin, end] = await Promise.all((table?.targets ?? []).map(({ expr }) => servers[strategy].query(withVariables(expr))));
    expect(begin?.[0]?.labels).toEqual({ run_id: RUN_ID });
    // The table goes in steps of 5 s.
    expect(begin?.[0]?.value).toBeGreaterThanOrEqual((beganSeconds - 5) * 1000);
    expect(end?.[0]?.value).toBeGreaterThanOrEqual(begin?.[0]?.value ?? Number.POSITIVE_INFINITY);
    expect(end?.[0]?.value).toBeLessThanOrEqual(Date.now());
  }
});

function ask(strategy: NamingStrategy, expression: string, isInstant: boolean): Question {
  return { prometheus: servers[strategy], expression, isInstant, sinceSeconds: beganSeconds };
}

/** As Grafana asks for `label_values(selector, label)`. */
async function offers(strategy: NamingStrategy, query: string): Promise<readonly string[]> {
  const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(withVariables(query)) ?? [];
  return (await servers[strategy].get(`label/${label}/values?${new URLSearchParams({ "match[]": String(selector) })}`)) as readonly string[];
}
