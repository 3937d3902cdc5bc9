import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { CLIENT_METRICS, RUN_METRICS } from "../../../../collector/model/catalog-run.ts";
import { startRunTelemetry } from "../../../../loadtest/driver/run-telemetry.ts";
import type { TimedResult } from "../../../../loadtest/driver/timed-request.ts";

interface Point {
  readonly asInt?: number | string;
  readonly asDouble?: number;
  readonly count?: number | string;
  readonly attributes: readonly KeyValue[];
}
interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface Body {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly { readonly name: string; readonly gauge?: Points; readonly sum?: Points; readonly histogram?: Points }[];
    }[];
  }[];
}
interface Points {
  readonly dataPoints: readonly Point[];
}

interface Told {
  readonly metric: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly resource: Readonly<Record<string, string | undefined>>;
}

/** All points that a stand-in for the collector is sent, in order. */
async function recordingServer(): Promise<{ readonly url: string; readonly told: Told[] }> {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    told.push(...pointsOf(JSON.parse(Buffer.concat(chunks).toString()) as Body));
    response.setHeader("content-type", "application/json").end("{}");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

function pointsOf({ resourceMetrics }: Body): readonly Told[] {
  const record = (attributes: readonly KeyValue[]) => Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ name, gauge, sum, histogram }) =>
        (gauge ?? sum ?? histogram ?? { dataPoints: [] }).dataPoints.map((point) => ({
          metric: name,
          value: Number(point.asInt ?? point.asDouble ?? point.count),
          attributes: record(point.attributes),
          resource: record(resource.attributes),
        })),
      ),
    ),
  );
}

const RUN = { id: "r-1", name: "spike", scenario: "works" };
const NEVER_MS = 3_600_000;
const SENT = { method: "GET", path: "/a", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, intendedUnixMs: 0 };
const OK = { latencyMs: 20, outcome: "ok" } as TimedResult;

test("a run is told of at its begin, and at its end after the last counts", async () => {
  const { url, told } = await recordingServer();
  const phases = [
    { name: "ramp", atMs: 0 },
    { name: "hold", atMs: NEVER_MS },
  ];
  await using telemetry = await startRunTelemetry({ otlpUrl: url, run: RUN, phases, intervalMs: NEVER_MS });
  const values = (metric: string) => told.filter((point) => point.metric === metric).map(({ value }) => value);
  expect(values(RUN_METRICS.runInfo.name)).toEqual([1]);
  expect(values(RUN_METRICS.runActive.name)).toEqual([1]);
  expect(told.find(({ metric }) => metric === RUN_METRICS.runInfo.name)?.attributes).toEqual({
    "run.id": "r-1",
    "run.name": "spike",
    scenario: "works",
  });
  expect(told.filter(({ metric }) => metric === RUN_METRICS.runPhase.name)).toMatchObject([{ value: 1, attributes: { phase: "ramp" } }]);

  for (let index = 0; index < 3; index++) telemetry.observer.planned();
  telemetry.observer.dropped();
  telemetry.observer.ended("/a", OK, SENT);
  telemetry.observer.ended("/a", OK, SENT);
  await telemetry.end();
  expect(values(CLIENT_METRICS.clientRequestsPlanned.name).at(-1)).toBe(3);
  expect(values(CLIENT_METRICS.clientRequestsDropped.name).at(-1)).toBe(1);
  expect(told.findLast(({ metric }) => metric === CLIENT_METRICS.clientRequestDuration.name)).toMatchObject({
    value: 2,
    attributes: { "http.route": "/a", outcome: "ok" },
    resource: { "loadtest.run.id": "r-1" },
  });
  expect(values(RUN_METRICS.runActive.name).at(-1)).toBe(0);
  expect(values(RUN_METRICS.runPhase.name).at(-1)).toBe(0);
  const lastCount = told.findLastIndex(({ metric }) => metric.startsWith("loadtest.client."));
  const end = told.findIndex(({ metric, value }) => metric === RUN_METRICS.runActive.name && value === 0);
  expect(end).toBeGreaterThan(lastCount);
  // What says that the run is over must not end with it.
  expect(told[end]?.resource["loadtest.run.id"]).toBeUndefined();
});

test("where nobody listens a run begins and ends all the same", async () => {
  const telemetry = await startRunTelemetry({ otlpUrl: "http://127.0.0.1:9", run: RUN, phases: [], intervalMs: 100 });
  telemetry.observer.planned();
  await telemetry.end();
  await telemetry[Symbol.asyncDispose]();
});
