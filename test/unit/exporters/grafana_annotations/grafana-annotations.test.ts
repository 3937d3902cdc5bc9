import { expect, test, vi } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Metric } from "../../../../collector/model/metric.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { grafanaAnnotations } from "../../../../exporters/grafana_annotations/grafana-annotations.ts";
import { context, logRecord, RESOURCE, SCOPE, surroundings, type TestSurroundings } from "../../pipeline/river.ts";
import { type FakeGrafana, startFakeGrafana } from "./fake-grafana.ts";

const START_MS = 1_700_000_000_000;

async function open(grafana: FakeGrafana, around: TestSurroundings = surroundings(), settings: object = {}) {
  const config = grafanaAnnotations.config.parse({ endpoint: grafana.url, token: grafana.token, ...settings });
  return grafanaAnnotations.open(config, context("grafana_annotations", around));
}

function gauge(name: string, value: number, timeMs: number, attributes: Record<string, string>): Metric {
  const point = { startUnixNano: 0n, timeUnixNano: unixNanoFromMs(timeMs), flags: 0, exemplars: [], attributes: Attributes.from(attributes) };
  return {
    resource: RESOURCE,
    scope: SCOPE,
    name,
    description: "",
    unit: "1",
    metadata: Attributes.EMPTY,
    data: { type: "gauge", points: [{ ...point, number: { kind: "int", value } }] },
  };
}

const metrics = (...items: Metric[]) => batchOf("metrics", items);
const active = (value: number, timeMs: number, runId = "r1") => gauge("loadtest.run.active", value, timeMs, { "run.id": runId });
const phase = (name: string, value: number, timeMs: number) => gauge("loadtest.run.phase", value, timeMs, { "run.id": "r1", phase: name });
const only = (grafana: FakeGrafana) => [...grafana.annotations.values()];

test("a run becomes a point when it begins and a region when it ends", async () => {
  await using grafana = await startFakeGrafana();
  await using exporter = await open(grafana);
  await exporter.push(metrics(gauge("loadtest.run.info", 1, START_MS, { "run.id": "r1", name: "spike", scenario: "works" }), active(1, START_MS)));
  await vi.waitFor(() => expect(only(grafana)).toHaveLength(1));
  expect(only(grafana)[0]).toMatchObject({ time: START_MS, timeEnd: START_MS, tags: ["loadtest", "run:r1", "run"] });
  expect(only(grafana)[0]?.text).toBe("Load run r1 (name=spike scenario=works)");
  await exporter.push(metrics(active(1, START_MS + 5000)));
  await exporter.push(metrics(active(0, START_MS + 9000)));
  await vi.waitFor(() => expect(only(grafana)[0]?.timeEnd).toBe(START_MS + 9000));
  expect(grafana.requests.filter((line) => line.startsWith("POST"))).toHaveLength(1);
});

test("phases become regions of their own, marks points", async () => {
  await using grafana = await startFakeGrafana();
  await using exporter = await open(grafana);
  await exporter.push(metrics(active(1, START_MS), phase("ramp", 1, START_MS)));
  await exporter.push(metrics(phase("ramp", 0, START_MS + 3000), phase("hold", 1, START_MS + 3000)));
  const mark = logRecord("redis stopped", {
    eventName: "loadtest.mark",
    timeUnixNano: unixNanoFromMs(START_MS + 4000),
    attributes: Attributes.from({ "run.id": "r1" }),
  });
  await exporter.push(batchOf("logs", [logRecord("something else"), mark]));
  await vi.waitFor(() => expect(only(grafana)).toHaveLength(4));
  await vi.waitFor(() =>
    expect(only(grafana).find(({ tags }) => tags.includes("phase:ramp"))).toMatchObject({ time: START_MS, timeEnd: START_MS + 3000 }),
  );
  expect(only(grafana).find(({ tags }) => tags.includes("mark"))).toMatchObject({
    time: START_MS + 4000,
    text: "redis stopped",
    tags: ["loadtest", "run:r1", "mark"],
  });
});

test("a Grafana whose PATCH takes no end gets the region by delete and create", async () => {
  await using grafana = await startFakeGrafana();
  grafana.patches = "ignores the end";
  await using exporter = await open(grafana);
  await exporter.push(metrics(active(1, START_MS)));
  await vi.waitFor(() => expect(only(grafana)).toHaveLength(1));
  await exporter.push(metrics(active(0, START_MS + 9000)));
  await vi.waitFor(() => expect(only(grafana)).toMatchObject([{ id: 2, time: START_MS, timeEnd: START_MS + 9000 }]));
  expect(grafana.requests).toContain("DELETE /api/annotations/1");
});

test("a Grafana without PATCH gets it so too", async () => {
  await using grafana = await startFakeGrafana();
  grafana.patches = "unknown";
  await using exporter = await open(grafana);
  await exporter.push(metrics(active(1, START_MS)));
  await vi.waitFor(() => expect(only(grafana)).toHaveLength(1));
  await exporter.push(metrics(active(0, START_MS + 9000)));
  await vi.waitFor(() => expect(only(grafana)).toMatchObject([{ time: START_MS, timeEnd: START_MS + 9000 }]));
});

test("a region that somebody deleted meanwhile is made again at its end", async () => {
  await using grafana = await startFakeGrafana();
  await using exporter = await open(grafana);
  await exporter.push(metrics(active(1, START_MS)));
  await vi.waitFor(() => expect(only(grafana)).toHaveLength(1));
  grafana.annotations.clear();
  await exporter.push(metrics(active(0, START_MS + 9000)));
  await vi.waitFor(() => expect(only(grafana)).toMatchObject([{ time: START_MS, timeEnd: START_MS + 9000 }]));
});

test("a collector that died leaves a point, and the next one carries it on", async () => {
  await using grafana = await startFakeGrafana();
  const dead = await open(grafana);
  await dead.push(metrics(active(1, START_MS)));
  await vi.waitFor(() => expect(only(grafana)).toHaveLength(1));
  await using next = await open(grafana);
  await next.push(metrics(active(1, START_MS + 60_000)));
  await next.push(metrics(active(0, START_MS + 90_000)));
  await vi.waitFor(() => expect(only(grafana)).toMatchObject([{ id: 1, time: START_MS, timeEnd: START_MS + 90_000 }]));
});

test("an orderly end closes what is open, and a point of the run afterwards carries it on", async () => {
  await using grafana = await startFakeGrafana();
  const first = await open(grafana);
  await first.push(metrics(active(1, START_MS)));
  await first[Symbol.asyncDispose]();
  expect(only(grafana)).toHaveLength(1);
  expect(only(grafana)[0]?.timeEnd).toBeGreaterThan(START_MS);
  await using next = await open(grafana);
  await next.push(metrics(active(1, START_MS + 60_000)));
  await next.push(metrics(active(0, START_MS + 90_000)));
  await vi.waitFor(() => expect(only(grafana)).toMatchObject([{ id: 1, time: START_MS, timeEnd: START_MS + 90_000 }]));
});

test("a Grafana that is away for a while gets everything when it is back, and the log says it once", async () => {
  await using grafana = await startFakeGrafana();
  grafana.failWith(502);
  const around = surroundings();
  await using exporter = await open(grafana, around);
  await exporter.push(metrics(active(1, START_MS)));
  await vi.waitFor(() => expect(around.log.lines.length).toBeGreaterThan(0));
  await exporter.push(metrics(active(0, START_MS + 9000)));
  grafana.failWith(undefined);
  await vi.waitFor(() => expect(only(grafana)).toMatchObject([{ time: START_MS, timeEnd: START_MS + 9000 }]), { timeout: 5000 });
  expect(around.log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
});

test("a wrong token is said in words, without the token", async () => {
  await using grafana = await startFakeGrafana();
  const around = surroundings();
  const exporter = await open(grafana, around, { token: "glsa_wrong_and_secret" });
  await exporter.push(metrics(active(1, START_MS)));
  await vi.waitFor(() => expect(around.log.lines.length).toBeGreaterThan(0));
  await exporter[Symbol.asyncDispose]();
  const said = JSON.stringify(around.log.lines);
  expect(said).toContain("401: Invalid API key");
  expect(said).toContain("service account with the role Editor");
  expect(said).not.toContain("glsa_wrong");
  expect(said).toContain("annotations were not written to Grafana");
});

test("Grafana below a sub-path is reached there", async () => {
  await using grafana = await startFakeGrafana("/grafana");
  await using exporter = await open(grafana);
  await exporter.push(metrics(active(1, START_MS)));
  await vi.waitFor(() => expect(only(grafana)).toHaveLength(1));
  expect(grafana.requests[0]).toBe("GET /grafana/api/annotations");
});

test("batches that say nothing of a run cause no request and are not decoded", async () => {
  await using grafana = await startFakeGrafana();
  await using exporter = await open(grafana);
  const batch = metrics(gauge("process.memory.usage", 1, START_MS, {}));
  Object.defineProperty(batch, "items", {
    get() {
      throw new Error("decoded");
    },
  });
  await exporter.push(batch);
  expect(grafana.requests).toEqual([]);
});
