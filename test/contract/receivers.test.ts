import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import type { Batch } from "../../collector/model/batch.ts";
import type { ReceiverDefinition } from "../../collector/pipeline/define.ts";
import { registry } from "../../config/registry.ts";
import { type PullerCase, pullerContract, type Source } from "./puller-contract.ts";
import { type Answer, type ReceiverCase, receiverContract, type Sender } from "./receiver-contract.ts";

const MIB_BYTES = 1024 * 1024;
const addressOf = (listens: readonly string[], protocol: string): string =>
  listens
    .find((line) => line.split(" ")[1] === protocol)
    ?.split(" ")
    .at(-1) ?? "";

/** Field 1 of the response, `partial_success`, and in it field 1, the rejected items: both shorter than 128. */
function partialSuccess(response: Uint8Array): number {
  return response[0] === 0x0a && response[2] === 0x08 ? (response[3] ?? 0) : 0;
}

async function httpSender(listens: readonly string[]): Promise<Sender> {
  const url = `http://${addressOf(listens, "http")}/v1/logs`;
  return {
    async send(batch): Promise<Answer> {
      try {
        const body = Buffer.concat(batch.encoded);
        const response = await fetch(url, { method: "POST", body, headers: { "content-type": "application/x-protobuf" } });
        const answer = new Uint8Array(await response.arrayBuffer());
        if (response.ok) {
          const rejected = partialSuccess(answer);
          return rejected === 0 ? { kind: "taken" } : { kind: "partial", rejected };
        }
        if ([429, 502, 503, 504].includes(response.status)) return { kind: "again", hasRetryTime: response.headers.has("retry-after") };
        return { kind: "permanent" };
      } catch {
        return { kind: "broken" };
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

const LOGS_EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const asIs = (bytes: Buffer): Buffer => bytes;

async function grpcSender(listens: readonly string[]): Promise<Sender> {
  const client = new Client(addressOf(listens, "grpc"), credentials.createInsecure(), { "grpc.enable_retries": 0 });
  return {
    send: (batch) =>
      new Promise<Answer>((resolve) => {
        const deadline = { deadline: Date.now() + 10_000 };
        client.makeUnaryRequest(LOGS_EXPORT, asIs, asIs, Buffer.concat(batch.encoded), new Metadata(), deadline, (error, response) => {
          const rejected = partialSuccess(response ?? new Uint8Array());
          resolve(error !== null ? judged(error) : rejected === 0 ? { kind: "taken" } : { kind: "partial", rejected });
        });
      }),
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}

/** By the rule of the OTLP specification: RESOURCE_EXHAUSTED may be retried only with a RetryInfo. */
function judged(error: ServiceError): Answer {
  const hasRetryTime = error.metadata?.get("grpc-status-details-bin").some((detail) => String(detail).includes("google.rpc.RetryInfo")) === true;
  if (error.code === status.RESOURCE_EXHAUSTED) return hasRetryTime ? { kind: "again", hasRetryTime } : { kind: "permanent" };
  if (error.code !== status.UNAVAILABLE) return { kind: "permanent" };
  return hasRetryTime ? { kind: "again", hasRetryTime } : { kind: "broken" };
}

const CASES: Readonly<Record<string, readonly ReceiverCase[]>> = {
  otlp: [
    {
      name: "otlp over HTTP",
      config: (maxMib) => ({ protocols: { http: { endpoint: "127.0.0.1:0", max_request_body_size: maxMib * MIB_BYTES } } }),
      sender: httpSender,
    },
    {
      name: "otlp over gRPC",
      config: (maxMib) => ({ protocols: { grpc: { endpoint: "127.0.0.1:0", max_recv_msg_size_mib: maxMib } } }),
      sender: grpcSender,
    },
  ],
};

/** A file that grows by one request at a time; `line` may be several lines of it. */
async function fileSource(config: (path: string) => object, line: (serial: number) => string): Promise<Source> {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-contract-"));
  const path = join(folder, "witness.log");
  let serial = 0;
  return {
    config: { poll_interval: "10ms", batch_timeout: "10ms", start_at: "beginning", ...config(path) },
    grow: () => appendFileSync(path, line(++serial)),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One request of k6: its points share time and tags. */
function k6Lines(serial: number): string {
  const time = new Date(1_700_000_000_000 + serial).toISOString();
  const point = (metric: string, value: number) =>
    JSON.stringify({ metric, type: "Point", data: { time, value, tags: { name: `works-${serial}`, method: "GET", status: "200" } } });
  const phases = ["blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving", "failed", "duration"];
  return [point("http_reqs", 1), ...phases.map((phase) => point(`http_req_${phase}`, 0)), ""].join("\n");
}

function nginxLine(serial: number): string {
  return `127.0.0.1 - - [14/Nov/2023:22:13:20 +0000] "GET /works-${serial} HTTP/1.1" 200 5 "-" "-" rt=0.005 uct="-" us="-" ua="-" rc="OK" msec=1700000000.${serial}00\n`;
}

const requestNames = (batch: Batch): readonly string[] => (batch.signal === "traces" ? batch.items.map(({ name }) => name) : []);
const worksNames = (grown: number, prefix = ""): readonly string[] => Array.from({ length: grown }, (_, index) => `GET ${prefix}works-${index + 1}`);

const PULLERS: Readonly<Record<string, PullerCase>> = {
  host: {
    source: async () => ({ config: { interval: "100ms" }, grow() {}, async [Symbol.asyncDispose]() {} }),
    identities: () => [],
    expected: undefined,
  },
  k6: { source: () => fileSource((path) => ({ path }), k6Lines), identities: requestNames, expected: (grown) => worksNames(grown) },
  nginx: {
    source: () => fileSource((path) => ({ paths: [path] }), nginxLine),
    identities: requestNames,
    expected: (grown) => worksNames(grown, "/"),
  },
};

const receivers = registry.inSection("receivers") as readonly ReceiverDefinition[];

test("every receiver in the registry has a contract case", () => {
  expect(receivers.map((one) => one.type)).toEqual([...Object.keys(CASES), ...Object.keys(PULLERS)].sort());
});

for (const definition of receivers) {
  for (const found of CASES[definition.type] ?? []) receiverContract(definition, found);
  const puller = PULLERS[definition.type];
  if (puller !== undefined) pullerContract(definition, puller);
}
