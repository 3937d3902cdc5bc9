import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import type { Payload } from "./payloads.ts";

/** Core of everything that makes load, so that the servers have the other one to themselves. */
export const LOAD_CORE = "0";
export const SERVER_CORE = "1";

export interface LoadResult {
  /** Answered with 2xx. */
  readonly succeeded: number;
  readonly failed: number;
  /** Under way when time was up: taken by the server, perhaps, and in neither count. */
  readonly maxUncounted: number;
}

export interface LoadTarget {
  readonly httpEndpoint: string;
  readonly grpcEndpoint: string;
}

const HTTP_CONNECTIONS = 16;
const GRPC_CONNECTIONS = 8;
const GRPC_STREAMS = 4;
const GRPC_METHODS = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
} as const;

const run = promisify(execFile);

/** As many requests as the server takes, for `seconds`: OTLP/HTTP by wrk, gRPC by h2load. */
export function saturate(target: LoadTarget, payload: Payload, seconds: number): Promise<LoadResult> {
  return payload.form === "grpc" ? saturateGrpc(target, payload, seconds) : saturateHttp(target, payload, seconds);
}

async function saturateHttp(target: LoadTarget, payload: Payload, seconds: number): Promise<LoadResult> {
  const { file, arguments: first, environment } = peerCommand("wrk");
  const script = join(PROJECT_FOLDER, "test/bench/post-body.lua");
  const url = `http://${target.httpEndpoint}/v1/${payload.signal}`;
  const args = ["-c", LOAD_CORE, file, ...first, "-t1", `-c${HTTP_CONNECTIONS}`, `-d${seconds}s`, "-s", script, url];
  const body = {
    BODY_FILE: payload.file,
    BODY_TYPE: payload.form === "json" ? "application/json" : "application/x-protobuf",
    BODY_ENCODING: payload.form === "protobuf-gzip" ? "gzip" : "",
  };
  const { stdout } = await run("taskset", args, { env: { ...process.env, ...environment, ...body } });
  const line = /^result (\d+) (\d+)$/m.exec(stdout);
  if (line === null) throw new Error(`wrk said nothing to be understood:\n${stdout}`);
  return { succeeded: Number(line[1]), failed: Number(line[2]), maxUncounted: HTTP_CONNECTIONS };
}

async function saturateGrpc(target: LoadTarget, payload: Payload, seconds: number): Promise<LoadResult> {
  const clients = [`-c${GRPC_CONNECTIONS}`, `-m${GRPC_STREAMS}`, `--duration=${seconds}`];
  const headers = ["--header=content-type: application/grpc", "--header=te: trailers"];
  const result = await runH2load([...clients, ...headers, `--data=${payload.file}`, `http://${target.grpcEndpoint}${GRPC_METHODS[payload.signal]}`]);
  return { ...result, maxUncounted: GRPC_CONNECTIONS * GRPC_STREAMS };
}

/** OTLP/HTTP at a fixed rate over four connections, open loop. */
export async function sendAtRate(target: LoadTarget, payload: Payload, requestsPerSecond: number, seconds: number): Promise<LoadResult> {
  const connections = 4;
  const rate = ["--h1", `-c${connections}`, `--rps=${requestsPerSecond / connections}`, `--duration=${seconds}`];
  const url = `http://${target.httpEndpoint}/v1/${payload.signal}`;
  const result = await runH2load([...rate, "--header=content-type: application/x-protobuf", `--data=${payload.file}`, url]);
  return { ...result, maxUncounted: connections };
}

async function runH2load(options: readonly string[]): Promise<{ readonly succeeded: number; readonly failed: number }> {
  const { file, arguments: first, environment } = peerCommand("h2load");
  const { stdout } = await run("taskset", ["-c", LOAD_CORE, file, ...first, ...options], { env: { ...process.env, ...environment } });
  const codes = /^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/m.exec(stdout);
  if (codes === null) throw new Error(`h2load said nothing to be understood:\n${stdout}`);
  return { succeeded: Number(codes[1]), failed: Number(codes[2]) + Number(codes[3]) + Number(codes[4]) };
}
