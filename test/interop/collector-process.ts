import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_FOLDER } from "../peers/peers.ts";
import { Process } from "./child-process.ts";

export interface CollectorOptions {
  /** The whole config; ports are 0, the ready line says which were taken. Any `file` exporter with `path: $FOLDER/…` writes into the collector's own folder. */
  readonly config: object;
  /** `dist` as a user has it, or the sources as they are. */
  readonly form?: "sources" | "built";
  readonly cores?: string;
  readonly discardStdout?: boolean;
}

/** Our collector as a process, as a user starts it. */
export interface CollectorProcess extends AsyncDisposable {
  readonly process: Process;
  readonly pid: number;
  /** Made for this collector, and removed with it. */
  readonly folder: string;
  /** By component id and protocol: `otlp.http` → `127.0.0.1:34567`. Throws for one that is not on. */
  endpoint(name: string): string;
  endpointOrNone(name: string): string | undefined;
  readonly selfMetricsUrl: string;
}

/** What stands in a config for the collector's own folder. */
export const FOLDER = "$FOLDER";

/** An `otlp` receiver with both protocols on free ports. */
export const OTLP_RECEIVER = { protocols: { http: { endpoint: "127.0.0.1:0" }, grpc: { endpoint: "127.0.0.1:0" } } };

/** Self metrics on a free port. */
export const TELEMETRY = { metrics: { readers: [{ pull: { exporter: { prometheus: { host: "127.0.0.1", port: 0 } } } }] } };

/** A config that takes all three signals by OTLP and hands them to these exporters, metrics to the others too. */
export function otlpInto(exporters: Readonly<Record<string, unknown>>, metricsExporters: Readonly<Record<string, unknown>> = {}): object {
  const pipeline = { receivers: ["otlp"], exporters: Object.keys(exporters) };
  const metrics = { receivers: ["otlp"], exporters: [...Object.keys(exporters), ...Object.keys(metricsExporters)] };
  return {
    receivers: { otlp: OTLP_RECEIVER },
    exporters: { ...exporters, ...metricsExporters },
    service: { telemetry: TELEMETRY, pipelines: { traces: pipeline, metrics, logs: pipeline } },
  };
}

/** What the launcher asks of Node in its first line, as `npm start` and an installed `pitwall` give it. */
function launcherFlags(): readonly string[] {
  const [firstLine = ""] = readFileSync(join(PROJECT_FOLDER, "bin/pitwall.cjs"), "utf8").split("\n", 1);
  return firstLine.split(" ").filter((word) => word.startsWith("--"));
}

export async function startCollector(options: CollectorOptions): Promise<CollectorProcess> {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-test-"));
  const configFile = join(folder, "config.yaml");
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(options.config, null, 2).replaceAll(FOLDER, folder));
  const program = options.form === "built" ? [...launcherFlags(), "bin/pitwall.cjs"] : ["scripts/on-node.cjs", "collector/cli/main.ts"];
  const child = new Process({
    file: process.execPath,
    arguments: [...program, "start", "--config", configFile, "--log-format", "json"],
    folder: PROJECT_FOLDER,
    ...(options.cores === undefined ? {} : { cores: options.cores }),
    ...(options.discardStdout === undefined ? {} : { discardStdout: options.discardStdout }),
  });
  const endpoints = await child.waitFor("ready line", () => readyEndpoints(child.stderr));
  const endpoint = (name: string): string => {
    const found = endpoints[name];
    if (found === undefined) throw new Error(`the collector has no endpoint ${name}; it has ${Object.keys(endpoints).join(", ")}`);
    return found;
  };
  return {
    process: child,
    pid: child.pid,
    folder,
    endpoint,
    endpointOrNone: (name) => endpoints[name],
    get selfMetricsUrl() {
      return `http://${endpoint("telemetry.metrics")}/metrics`;
    },
    async [Symbol.asyncDispose]() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readyEndpoints(stderr: string): Readonly<Record<string, string>> | undefined {
  for (const line of stderr.split("\n")) {
    if (!line.includes('"ready"')) continue;
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === "object" && parsed !== null && "msg" in parsed && parsed.msg === "ready" && "endpoints" in parsed) {
      return parsed.endpoints as Readonly<Record<string, string>>;
    }
  }
  return undefined;
}

/** The lines of a file that a `file` exporter writes (OTLP/JSON), parsed. */
export function readJsonLines(file: string): readonly unknown[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}
