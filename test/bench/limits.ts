import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { SERVER_CORE, saturate } from "./load.ts";
import { loadPayload } from "./payloads.ts";
import { cpuSeconds } from "./process-usage.ts";
import { median } from "./rounds.ts";
import { startDiscardServer } from "./start-discard-server.ts";

/** What no collector on this machine and runtime can pass, for the body of B1. */
export interface Limit {
  readonly what: string;
  readonly pointsPerCpuSecond: number;
}

const ROUNDS = 15;
const ROUND_MS = 40;

export async function measureLimits(seconds: number): Promise<readonly Limit[]> {
  const plain = await loadPayload("metrics-200", "protobuf");
  const gzip = await loadPayload("metrics-200", "protobuf-gzip");
  const body = readFileSync(plain.file);
  const compressed = readFileSync(gzip.file);
  const copy = Buffer.alloc(body.length);
  let sink = 0;
  const limits: Limit[] = [
    { what: "memcpy of the body", pointsPerCpuSecond: plain.items * callsPerSecond(() => body.copy(copy)) },
    {
      what: "sum of its bytes in JavaScript",
      pointsPerCpuSecond:
        plain.items *
        callsPerSecond(() => {
          let sum = 0;
          for (let index = 0; index < body.length; index++) sum += body[index] as number;
          sink += sum;
        }),
    },
    { what: "inflate alone (zlib, gzip body)", pointsPerCpuSecond: plain.items * callsPerSecond(() => (sink += gunzipSync(compressed).length)) },
  ];
  if (!Number.isFinite(sink)) throw new Error("sums of bytes are finite");
  await using server = await startDiscardServer(SERVER_CORE);
  const before = cpuSeconds(server.pid);
  const { succeeded } = await saturate({ httpEndpoint: server.endpoint, grpcEndpoint: "" }, plain, seconds);
  const perCpuSecond = succeeded / (cpuSeconds(server.pid) - before);
  return [...limits, { what: "node:http that throws the body away", pointsPerCpuSecond: plain.items * perCpuSecond }];
}

/** Median of short rounds: short enough that a noisy neighbour spoils few of them. */
function callsPerSecond(call: () => unknown): number {
  const rates: number[] = [];
  for (let round = -3; round < ROUNDS; round++) {
    const startMs = performance.now();
    let calls = 0;
    let elapsedMs = 0;
    while (elapsedMs < ROUND_MS) {
      for (let repeat = 0; repeat < 8; repeat++) call();
      calls += 8;
      elapsedMs = performance.now() - startMs;
    }
    if (round >= 0) rates.push((calls / elapsedMs) * 1000);
  }
  return median(rates);
}
