import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Signal } from "../../collector/model/batch.ts";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";
import { CLIENT_ITEMS } from "./client-run.ts";
import { type CollectorProcess, otlpInto, startCollector } from "./collector-process.ts";
import { counterTotal, scrape } from "./exposition.ts";
import { type JsClient, sendLogs, sendMetrics, sendSpans } from "./js-client.ts";
import { type OtelcolProcess, otelcolReady, startOtelcol } from "./otelcol-process.ts";
import { receivedFrom, startRecordingCollector } from "./received.ts";
import { RICH_LOGS, RICH_METRICS, RICH_TRACES } from "./rich-requests.ts";

const DEBUG = { debug: { verbosity: "detailed", use_internal_logger: false } };
const ITEM_NAMES = { traces: "spans", metrics: "metric_points", logs: "log_records" } as const;
const SIGNALS = ["traces", "metrics", "logs"] as const;
/** Senders at once in the test of counts, each with a client's worth of every signal. */
const SENDERS = 20;

describe.each(["otlp_grpc", "otlp_http"] as const)("otelcol to Pitwall to otelcol by %s", (exporter) => {
  let first: OtelcolProcess;
  let ours: CollectorProcess;
  let last: OtelcolProcess;

  beforeAll(async () => {
    last = await startOtelcol({ exporters: DEBUG, pipelines: everySignal(["debug"]) });
    ours = await startCollector({ config: otlpInto({ [exporter]: target(last.httpEndpoint, last.grpcEndpoint) }) });
    const forward = { [exporter]: target(ours.endpoint("otlp.http"), ours.endpoint("otlp.grpc")) };
    first = await startOtelcol({ exporters: { ...DEBUG, ...forward }, pipelines: everySignal(["debug", exporter]) });
    return async () => {
      for (const running of [first, ours, last]) await running[Symbol.asyncDispose]();
    };
  });

  function target(http: string, grpc: string): object {
    return exporter === "otlp_grpc" ? { endpoint: grpc, tls: { insecure: true } } : { endpoint: `http://${http}` };
  }

  test("what comes out is what went in, to every field", async () => {
    for (const [signal, request] of [
      ["traces", RICH_TRACES],
      ["metrics", RICH_METRICS],
      ["logs", RICH_LOGS],
    ] as const) {
      const body = JSON.stringify(request);
      const response = await fetch(`http://${first.httpEndpoint}/v1/${signal}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(response.status, await response.text()).toBe(200);
      await arrived(last, signal, await acceptedBy(first, signal));
    }
    await last.process.waitFor("end of the output", () => (last.process.stdout.length >= first.process.stdout.length ? true : undefined));
    expect(first.process.stdout).toContain("no more than a body");
    expect(last.process.stdout).toBe(first.process.stdout);
  });

  test("the counts of all three agree, and nothing is lost", async () => {
    const senders = Array.from({ length: SENDERS }, (_, index): JsClient => {
      const protocol = index % 2 === 0 ? "grpc" : "http/protobuf";
      return { protocol, gzip: index % 3 === 0, serviceName: `sender ${index}`, httpEndpoint: first.httpEndpoint, grpcEndpoint: first.grpcEndpoint };
    });
    await Promise.all(
      senders.flatMap((sender) => [sendSpans(sender, CLIENT_ITEMS), sendMetrics(sender, CLIENT_ITEMS), sendLogs(sender, CLIENT_ITEMS)]),
    );
    for (const signal of SIGNALS) {
      const accepted = await acceptedBy(first, signal);
      expect(accepted).toBeGreaterThanOrEqual(SENDERS * (signal === "metrics" ? 3 : CLIENT_ITEMS));
      await arrived(last, signal, accepted);
      expect(await acceptedBy(last, signal)).toBe(accepted);
      const own = await scrape(ours.selfMetricsUrl);
      expect(counterTotal(own, `otelcol_receiver_accepted_${ITEM_NAMES[signal]}`)).toBe(accepted);
      expect(counterTotal(own, `otelcol_exporter_sent_${ITEM_NAMES[signal]}`)).toBe(accepted);
      expect(counterTotal(own, `otelcol_exporter_send_failed_${ITEM_NAMES[signal]}`)).toBe(0);
    }
  });
});

describe("config/otelcol/forward-to-pitwall.yaml", () => {
  const configFile = "config/otelcol/forward-to-pitwall.yaml";
  const { file, arguments: first } = peerCommand("otelcol");

  test("is valid for a real otelcol", async () => {
    await using validate = new Process({ file, arguments: [...first, "validate", "--config", configFile], folder: PROJECT_FOLDER });
    expect(await validate.end(), validate.stderr).toBe(0);
  });

  test("makes an otelcol forward all three signals to Pitwall", async () => {
    await using collector = await startRecordingCollector();
    const [httpPort, grpcPort] = [await freePort(), await freePort()];
    const endpoints = { httpEndpoint: `127.0.0.1:${httpPort}`, grpcEndpoint: `127.0.0.1:${grpcPort}` };
    await using otelcol = new Process({
      file,
      arguments: [...first, "--config", configFile],
      folder: PROJECT_FOLDER,
      environment: {
        OTELCOL_OTLP_HTTP_ENDPOINT: endpoints.httpEndpoint,
        OTELCOL_OTLP_GRPC_ENDPOINT: endpoints.grpcEndpoint,
        PITWALL_OTLP_GRPC_ENDPOINT: collector.endpoint("otlp.grpc"),
      },
    });
    await otelcolReady(otelcol);
    const sender: JsClient = { protocol: "http/json", gzip: false, serviceName: "forwarded", ...endpoints };
    await Promise.all([sendSpans(sender, CLIENT_ITEMS), sendMetrics(sender, CLIENT_ITEMS), sendLogs(sender, CLIENT_ITEMS)]);
    const received = await receivedFrom(collector, "forwarded", ({ spanNames, logBodies, points }) => {
      return spanNames.length >= CLIENT_ITEMS && logBodies.length >= CLIENT_ITEMS && points.length >= 3;
    });
    expect([received.spanNames.length, received.logBodies.length, received.points.length]).toEqual([CLIENT_ITEMS, CLIENT_ITEMS, 3]);
  });
});

function everySignal(exporters: readonly string[]) {
  return Object.fromEntries(SIGNALS.map((signal) => [signal, { exporters }]));
}

async function acceptedBy(collector: OtelcolProcess, signal: Signal): Promise<number> {
  return counterTotal(await scrape(collector.selfMetricsUrl), `otelcol_receiver_accepted_${ITEM_NAMES[signal]}`);
}

/** Waits up to 15 s; the caller's own assertion judges what came. */
async function arrived(collector: OtelcolProcess, signal: Signal, items: number): Promise<void> {
  const deadline = AbortSignal.timeout(15_000);
  while ((await acceptedBy(collector, signal)) < items && !deadline.aborted) await wait(50);
}
