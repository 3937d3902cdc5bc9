import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";

export interface OtelcolOptions {
  /** Everything but `receivers` and `service.telemetry`, which the harness writes: an `otlp` receiver and self metrics on free ports. */
  readonly exporters: Readonly<Record<string, unknown>>;
  readonly processors?: Readonly<Record<string, unknown>>;
  readonly pipelines: Readonly<Record<string, { readonly processors?: readonly string[]; readonly exporters: readonly string[] }>>;
  readonly cores?: string;
  readonly discardStderr?: boolean;
}

/** A real OpenTelemetry Collector. */
export interface OtelcolProcess extends AsyncDisposable {
  readonly process: Process;
  readonly pid: number;
  readonly httpEndpoint: string;
  readonly grpcEndpoint: string;
  readonly selfMetricsUrl: string;
}

export async function startOtelcol(options: OtelcolOptions): Promise<OtelcolProcess> {
  const ports = { http: await freePort(), grpc: await freePort(), metrics: await freePort() };
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${ports.http}` }, grpc: { endpoint: `127.0.0.1:${ports.grpc}` } } } },
    processors: options.processors ?? {},
    exporters: options.exporters,
    service: {
      telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: "127.0.0.1", port: ports.metrics } } } }] } },
      pipelines: Object.fromEntries(Object.entries(options.pipelines).map(([signal, pipeline]) => [signal, { receivers: ["otlp"], ...pipeline }])),
    },
  };
  const folder = mkdtempSync(join(tmpdir(), "pitwall-otelcol-"));
  const configFile = join(folder, "config.yaml");
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(config));
  const { file, arguments: first, environment } = peerCommand("otelcol");
  const { cores, discardStderr } = options;
  const process = new Process({
    file,
    arguments: [...first, "--config", configFile],
    environment,
    ...(cores === undefined ? {} : { cores }),
    ...(discardStderr === undefined ? {} : { discardStderr }),
  });
  const selfMetricsUrl = `http://127.0.0.1:${ports.metrics}/metrics`;
  if (discardStderr === true) await answering(selfMetricsUrl, process);
  else await otelcolReady(process);
  return {
    process,
    pid: process.pid,
    httpEndpoint: `127.0.0.1:${ports.http}`,
    grpcEndpoint: `127.0.0.1:${ports.grpc}`,
    selfMetricsUrl,
    async [Symbol.asyncDispose]() {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function otelcolReady(process: Process): Promise<void> {
  await process.waitFor("ready message", () => (process.stderr.includes("Everything is ready") ? true : undefined));
}

/** Where nobody reads its messages. */
async function answering(url: string, process: Process): Promise<void> {
  for (let attempt = 0; attempt < 200 && !process.ended; attempt++) {
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answered at ${url}`);
}
