import { beforeAll, describe, expect, test } from "vitest";
import { peerCommand } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import type { CollectorProcess } from "./collector-process.ts";
import { receivedFrom, startRecordingCollector } from "./received.ts";

let collector: CollectorProcess;
beforeAll(async () => {
  collector = await startRecordingCollector();
  return () => collector[Symbol.asyncDispose]();
});

const WORKERS = 3;
const EACH = 20;

describe.each(["grpc", "http"])("telemetrygen over %s", (transport) => {
  async function generate(signal: string, ...more: readonly string[]): Promise<string> {
    const serviceName = `telemetrygen ${transport} ${signal} ${more.join(" ")}`;
    const { file, arguments: first } = peerCommand("telemetrygen");
    const endpoint = collector.endpoint(transport === "grpc" ? "otlp.grpc" : "otlp.http");
    const protocol = transport === "grpc" ? [] : ["--otlp-http"];
    const common = ["--otlp-insecure", `--otlp-endpoint=${endpoint}`, `--service=${serviceName}`, `--workers=${WORKERS}`, "--rate=0"];
    await using running = new Process({ file, arguments: [...first, signal, ...common, ...protocol, ...more] });
    expect(await running.end(), running.stderr).toBe(0);
    return serviceName;
  }

  test("every span of every trace arrives", async () => {
    const service = await generate("traces", `--traces=${EACH}`, "--child-spans=2");
    const spans = WORKERS * EACH * 3;
    const { spanNames } = await receivedFrom(collector, service, (received) => received.spanNames.length >= spans);
    expect(spanNames).toHaveLength(spans);
    expect(spanNames.filter((name) => name === "lets-go")).toHaveLength(WORKERS * EACH);
  });

  test.each(["Gauge", "Sum", "Histogram", "ExponentialHistogram"])("every point of type %s arrives", async (type) => {
    const service = await generate("metrics", `--metrics=${EACH}`, `--metric-type=${type}`);
    const { points } = await receivedFrom(collector, service, (received) => received.points.length >= WORKERS * EACH);
    expect(points).toHaveLength(WORKERS * EACH);
    expect(new Set(points.map((point) => point.type.toLowerCase()))).toEqual(new Set([type.toLowerCase()]));
  });

  test("every log record arrives", async () => {
    const service = await generate("logs", `--logs=${EACH}`, "--body=a line of the server");
    const { logBodies } = await receivedFrom(collector, service, (received) => received.logBodies.length >= WORKERS * EACH);
    expect(logBodies).toEqual(Array.from({ length: WORKERS * EACH }, () => "a line of the server"));
  });
});
