import { beforeAll, describe, expect, test } from "vitest";
import { peerCommand } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import { CLIENT_ITEMS, expectClientData } from "./client-run.ts";
import type { CollectorProcess } from "./collector-process.ts";
import { startRecordingCollector } from "./received.ts";

let collector: CollectorProcess;
beforeAll(async () => {
  collector = await startRecordingCollector();
  return () => collector[Symbol.asyncDispose]();
});

describe.each(["sdk-go", "sdk-python", "sdk-rust", "sdk-java"] as const)("a client with the %s", (client) => {
  test.each([
    { protocol: "grpc", compression: "none" },
    { protocol: "grpc", compression: "gzip" },
    { protocol: "http/protobuf", compression: "none" },
    { protocol: "http/protobuf", compression: "gzip" },
  ])("sends traces, metrics and logs by $protocol, compression $compression, and nothing is lost", async ({ protocol, compression }) => {
    const serviceName = `${client} ${protocol} ${compression}`;
    const { file, arguments: first, environment } = peerCommand(client);
    const endpoint = `http://${collector.endpoint(protocol === "grpc" ? "otlp.grpc" : "otlp.http")}`;
    await using running = new Process({
      file,
      arguments: first,
      environment: {
        ...environment,
        CLIENT_ITEMS: String(CLIENT_ITEMS),
        OTEL_SERVICE_NAME: serviceName,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_INSECURE: "true",
        ...(compression === "none" ? {} : { OTEL_EXPORTER_OTLP_COMPRESSION: compression }),
      },
    });
    expect(await running.end(), running.stderr).toBe(0);
    await expectClientData(collector, serviceName);
  });
});
