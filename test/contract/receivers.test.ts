import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import type { ReceiverDefinition } from "../../collector/pipeline/define.ts";
import { registry } from "../../config/registry.ts";
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

const receivers = registry.inSection("receivers") as readonly ReceiverDefinition[];

test("every receiver in the registry has a contract case", () => {
  expect(receivers.map((one) => one.type)).toEqual(Object.keys(CASES).sort());
});

for (const definition of receivers) {
  for (const found of CASES[definition.type] ?? []) receiverContract(definition, found);
}
