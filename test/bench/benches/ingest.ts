import { otelcolNop, pitwallScrapeable } from "../contender.ts";
import { saturate } from "../load.ts";
import { loadPayload, type PayloadForm, type PayloadName } from "../payloads.ts";
import { interleavedRounds, median, type Round } from "../rounds.ts";
import type { Bench, BenchId, BenchOptions, Row } from "../row.ts";

type Work = readonly [PayloadName, PayloadForm];

/** B1 to B5: items per CPU second at saturation, ours with all the work of a scrapeable state, the peer's decoding only. */
export const ingestBenches: readonly Bench[] = [
  ingest("B1", "OTLP/HTTP protobuf metrics into scrapeable state", 2, [["metrics-200", "protobuf"]]),
  ingest("B2", "OTLP/HTTP protobuf spans into rates, errors and durations", 3, [
    ["traces-100", "protobuf"],
    ["traces-1k", "protobuf"],
  ]),
  ingest("B3", "the same by gRPC", 1.5, [
    ["metrics-200", "grpc"],
    ["traces-100", "grpc"],
    ["traces-1k", "grpc"],
  ]),
  ingest("B4", "the same by OTLP/HTTP, gzip", 1.3, [
    ["metrics-200", "protobuf-gzip"],
    ["traces-100", "protobuf-gzip"],
    ["traces-1k", "protobuf-gzip"],
  ]),
  ingest("B5", "the same by OTLP/HTTP as JSON", 1, [
    ["metrics-200", "json"],
    ["traces-100", "json"],
    ["traces-1k", "json"],
  ]),
];

function ingest(id: BenchId, title: string, mustRatio: number, works: readonly Work[]): Bench {
  return {
    id,
    title,
    async run(options) {
      const rows: Row[] = [];
      for (const work of works) rows.push(await measure(id, mustRatio, work, options));
      return rows;
    },
  };
}

async function measure(id: BenchId, mustRatio: number, [name, form]: Work, options: BenchOptions): Promise<Row> {
  const payload = await loadPayload(name, form);
  await using ours = await pitwallScrapeable();
  await using peer = await otelcolNop();
  const rounds = await interleavedRounds([ours, peer], payload, (contender) => saturate(contender, payload, options.seconds), options.rounds);
  return {
    bench: id,
    what: `${name}, ${form}, ${payload.sizeBytes} B`,
    unit: payload.signal === "metrics" ? "points/cpu-s" : "spans/cpu-s",
    ours: itemsPerCpuSecond(rounds.get("pitwall")),
    peer: { name: "otelcol → nop", value: itemsPerCpuSecond(rounds.get("otelcol")) },
    must: { of: "ratio", atLeast: mustRatio },
  };
}

function itemsPerCpuSecond(rounds: readonly Round[] | undefined): number {
  return median((rounds ?? []).map((round) => round.items / round.cpuSeconds));
}
