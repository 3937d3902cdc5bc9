import { PROJECT_FOLDER } from "../peers/peers.ts";
import { Process } from "./child-process.ts";

/** The sample api-server as a process, sending its telemetry to a collector every half second. */
export interface ApiServerProcess extends AsyncDisposable {
  readonly url: string;
}

export async function startApiServer(otlpHttpEndpoint: string, environment: Readonly<Record<string, string>> = {}): Promise<ApiServerProcess> {
  const server = new Process({
    file: process.execPath,
    arguments: ["loadtest/api-server/main.ts"],
    folder: PROJECT_FOLDER,
    environment: {
      GENARRATIVE_API_LISTEN: "127.0.0.1:0",
      GENARRATIVE_OTEL_ENABLED: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${otlpHttpEndpoint}`,
      OTEL_METRIC_EXPORT_INTERVAL: "500",
      OTEL_METRIC_EXPORT_TIMEOUT: "500",
      ...environment,
    },
  });
  const address = await server.waitFor("ready line", () => readyAddress(server.stderr));
  return { url: `http://${address}`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function readyAddress(stderr: string): string | undefined {
  const line = stderr.split("\n").find((candidate) => candidate.includes('"msg":"ready"'));
  return line === undefined ? undefined : (JSON.parse(line) as { address: string }).address;
}
