import { expect, test } from "vitest";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";
import { CLIENT_ITEMS } from "./client-run.ts";
import { type JsClient, sendLogs, sendMetrics, sendSpans } from "./js-client.ts";
import { otelcolReady } from "./otelcol-process.ts";
import { receivedFrom, startRecordingCollector } from "./received.ts";

/** `npm run otel:debug` and `otel:rider` with OTELCOL_BIN: a real otelcol takes the configuration that Pitwall would have run. */

async function startPreset(preset: "debug" | "rider", environment: Readonly<Record<string, string>>) {
  const [http, grpc] = [await freePort(), await freePort()];
  const otelcol = new Process({
    file: process.execPath,
    arguments: ["scripts/on-node.cjs", "collector/cli/main.ts", "start", "--preset", preset],
    folder: PROJECT_FOLDER,
    environment: {
      OTELCOL_BIN: peerCommand("otelcol").file,
      OTELCOL_OTLP_HTTP_ENDPOINT: `127.0.0.1:${http}`,
      OTELCOL_OTLP_GRPC_ENDPOINT: `127.0.0.1:${grpc}`,
      ...environment,
    },
  });
  await otelcolReady(otelcol);
  const client: JsClient = {
    protocol: "http/protobuf",
    gzip: false,
    serviceName: `preset ${preset}`,
    httpEndpoint: `127.0.0.1:${http}`,
    grpcEndpoint: `127.0.0.1:${grpc}`,
  };
  return { otelcol, client };
}

test("the debug preset makes it print what it receives, and it ends when we are told to", async () => {
  const { otelcol, client } = await startPreset("debug", {});
  await using running = otelcol;
  await sendSpans(client, CLIENT_ITEMS);
  await running.waitFor("printed span", () => (/request 24/.test(running.stdout + running.stderr) ? true : undefined));
  expect(await running.stop()).toBe(0);
});

test("the rider preset makes it forward all three signals", async () => {
  await using rider = await startRecordingCollector();
  const { otelcol, client } = await startPreset("rider", { RIDER_OTLP_GRPC_ENDPOINT: rider.endpoint("otlp.grpc") });
  await using running = otelcol;
  await Promise.all([sendSpans(client, CLIENT_ITEMS), sendMetrics(client, CLIENT_ITEMS), sendLogs(client, CLIENT_ITEMS)]);
  const received = await receivedFrom(rider, client.serviceName, ({ spanNames, logBodies, points }) => {
    return spanNames.length >= CLIENT_ITEMS && logBodies.length >= CLIENT_ITEMS && points.length >= 3;
  });
  expect([received.spanNames.length, received.logBodies.length, received.points.length]).toEqual([CLIENT_ITEMS, CLIENT_ITEMS, 3]);
  expect(await running.stop()).toBe(0);
});
