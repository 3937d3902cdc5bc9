import { setTimeout as wait } from "node:timers/promises";
import { otlpInto } from "../../interop/collector-process.ts";
import { counterTotal } from "../../interop/exposition.ts";
import { type Contender, otelcol, pitwall } from "../contender.ts";
import { LOAD_CORE, saturate } from "../load.ts";
import { loadPayload, type Payload } from "../payloads.ts";
import { cpuSeconds, residentMiB } from "../process-usage.ts";
import { median } from "../rounds.ts";
import type { Bench } from "../row.ts";
import { type DiscardServer, startDiscardServer } from "../start-discard-server.ts";

const DRAIN_TIMEOUT_MS = 30_000;
const POLL_MS = 100;
/** What is forwarded may be written anew, and merged under one resource: a little smaller than what came. */
const LEAST_BYTES_RATIO = 0.9;

/** B9: OTLP to OTLP through a bounded queue with retry. Both sides may refuse in overload; neither may lose what it accepted. */
export const forwardBench: Bench = {
  id: "B9",
  title: "OTLP to OTLP, bounded queue and retry",
  async run(options) {
    const payload = await loadPayload("traces-100", "protobuf");
    await using target = await startDiscardServer(LOAD_CORE);
    const exporter = { endpoint: `http://${target.endpoint}`, compression: "none" };
    await using ours = await pitwall(otlpInto({ otlp_http: exporter }));
    await using peer = await otelcol({ otlp_http: exporter });
    const results = new Map<string, number[]>([
      ["pitwall", []],
      ["otelcol", []],
    ]);
    for (let round = -1; round < options.rounds; round++) {
      for (const contender of round % 2 === 0 ? [ours, peer] : [peer, ours]) {
        const rate = await forwardedPerCpuSecond(contender, target, payload, options.seconds);
        if (round >= 0) results.get(contender.name)?.push(rate);
      }
    }
    return [
      {
        bench: "B9",
        what: "traces-100, protobuf, uncompressed on both sides",
        unit: "spans/cpu-s",
        ours: median(results.get("pitwall") ?? []),
        peer: { name: "otelcol → otlphttp", value: median(results.get("otelcol") ?? []) },
        must: { of: "ratio", atLeast: 4 },
      },
      {
        bench: "B9",
        what: "highest resident memory in overload",
        unit: "MiB",
        ours: residentMiB(ours.pid).peak,
        peer: { name: "otelcol → otlphttp", value: residentMiB(peer.pid).peak },
      },
    ];
  },
};

interface Counts {
  readonly accepted: number;
  readonly sent: number;
  /** Accepted, then given up, and said so. */
  readonly lost: number;
}

async function forwardedPerCpuSecond(contender: Contender, target: DiscardServer, payload: Payload, seconds: number): Promise<number> {
  const before = await readCounts(contender);
  const { bytes: bytesBefore } = await target.count();
  const cpuBefore = cpuSeconds(contender.pid);
  const load = await saturate(contender, payload, seconds);
  const after = await drained(contender, before);
  const cpu = cpuSeconds(contender.pid) - cpuBefore;
  const accepted = after.accepted - before.accepted;
  const sent = after.sent - before.sent;
  if (load.succeeded * payload.items > accepted) throw new Error(`${contender.name} answered 200 to more spans than it accepted (${accepted})`);
  const arrivedBytes = (await target.count()).bytes - bytesBefore;
  const sentBytes = (sent / payload.items) * payload.sizeBytes;
  if (arrivedBytes < sentBytes * LEAST_BYTES_RATIO)
    throw new Error(`${contender.name} says it sent ${sent} spans, but only ${arrivedBytes} bytes arrived`);
  return sent / cpu;
}

/** Waits until everything that was accepted is delivered or told as lost. */
async function drained(contender: Contender, before: Counts): Promise<Counts> {
  const deadline = AbortSignal.timeout(DRAIN_TIMEOUT_MS);
  for (;;) {
    const counts = await readCounts(contender);
    const missing = counts.accepted - before.accepted - (counts.sent - before.sent) - (counts.lost - before.lost);
    if (missing <= 0) return counts;
    if (deadline.aborted) throw new Error(`${contender.name}: ${missing} spans were accepted, and neither delivered nor told as lost`);
    await wait(POLL_MS);
  }
}

async function readCounts(contender: Contender): Promise<Counts> {
  const samples = await contender.selfMetrics();
  return {
    accepted: counterTotal(samples, "otelcol_receiver_accepted_spans"),
    sent: counterTotal(samples, "otelcol_exporter_sent_spans"),
    lost: counterTotal(samples, "otelcol_exporter_send_failed_spans"),
  };
}
