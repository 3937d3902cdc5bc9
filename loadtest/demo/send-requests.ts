import type { LoadRequest } from "../../collector/model/load-record.ts";
import { unixNanoFromMs } from "../../collector/model/time.ts";
import { SpanIds } from "../../collector/wire/witness/span-ids.ts";
import { type WitnessIdentity, witnessBatches } from "../../collector/wire/witness/witness-batches.ts";

export interface RequestSender extends AsyncDisposable {
  add(request: LoadRequest): void;
  /** Requests that the collector did not take. */
  readonly lost: number;
}

const INTERVAL_MS = 500;
const TIMEOUT_MS = 5000;

/** Sends every single request by OTLP/HTTP as the driver saw it, twice a second. What is not taken is counted, and load goes on. */
export function openRequestSender(otlpUrl: string, runId: string): RequestSender {
  const witness: WitnessIdentity = {
    hop: "client",
    name: "pitwall-driver",
    format: "otlp",
    instance: "",
    runId,
    durationMeans: "intended_start_to_last_byte",
    correction: "not_needed",
    survivorsOnly: "no",
    limits: [],
  };
  const ids = new SpanIds(runId);
  let waiting: LoadRequest[] = [];
  let lost = 0;
  let sending: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    const requests = waiting;
    waiting = [];
    if (requests.length === 0) return sending;
    sending = sending.then(async () => {
      for (const batch of witnessBatches(witness, requests, { readUnixNano: unixNanoFromMs(Date.now()), ids })) {
        if (!(await post(`${otlpUrl}/v1/${batch.signal}`, Buffer.concat(batch.encoded)))) lost += batch.count;
      }
    });
    return sending;
  };
  const timer = setInterval(() => void flush(), INTERVAL_MS);
  return {
    add: (request) => {
      waiting.push(request);
    },
    get lost() {
      return lost;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await flush();
    },
  };
}

async function post(url: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
