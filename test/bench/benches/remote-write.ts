import { Body1 } from "../../../collector/wire/remote-write-1.ts";
import { Body2 } from "../../../collector/wire/remote-write-2.ts";
import type { WriteBatch, WriteMetadata, WriteSeries } from "../../../collector/wire/remote-write-batch.ts";
import { openWriteEncoder } from "../../../collector/wire/remote-write-encoder.ts";
import { startPrometheus } from "../../interop/prometheus-process.ts";
import { startVictoriaMetrics } from "../../interop/victoria-metrics-process.ts";
import { requirePeer } from "../../peers/peers.ts";
import { SERVER_CORE } from "../load.ts";
import { cpuSeconds } from "../process-usage.ts";
import { median } from "../rounds.ts";
import type { Bench, BenchOptions, Row } from "../row.ts";

const SERIES = 10_000;
/** Prepared beforehand and used in turn. */
const BATCHES = 16;
/** Of one side before the other has its turn; the median call counts. */
const CALLS = 60;
/** Sent to a real server: 600 000 samples, after the first requests, in which series are made and code is compiled. */
const REQUESTS = 60;
const FIRST_REQUESTS = 4;
const START_MS = Date.now() - 300_000;

/** B8: one flush of 10 000 series as a remote write body, compression included; and what real servers take for such bodies. */
export const remoteWriteBench: Bench = {
  id: "B8",
  title: "remote write bodies of 10 000 series",
  async run(options) {
    return [...bodyRows(1, options), ...bodyRows(2, options), ...(await serverRows())];
  },
};

type Protocol = 1 | 2;
const OPTIONS = { sendMetadata: false, sendExemplars: true, sendStarts: true };
const WITHOUT_TEMPLATES = { maxBytes: 0, maxSequences: 0 };

function bodyRows(protocol: Protocol, { rounds }: BenchOptions): readonly Row[] {
  const { compressSync } = requirePeer("snappy") as { compressSync(bytes: Uint8Array): Uint8Array };
  const series = bucketSeries(`bench_${protocol}`);
  const batches = Array.from({ length: BATCHES }, (_, round) => flush(series, round));
  const known = openWriteEncoder({ protocol, ...OPTIONS });
  const plain = openWriteEncoder({ protocol, ...OPTIONS, templates: WITHOUT_TEMPLATES });
  const peer = protocol === 1 ? new Body1(OPTIONS) : new Body2(OPTIONS);
  const peerBody = (batch: WriteBatch) => {
    peer.writeHead(batch);
    return compressSync(peer.output.bytes.subarray(0, peer.output.at));
  };
  const sides = {
    given: (batch: WriteBatch) => known.giveBack(known.encode(batch)),
    kept: (batch: WriteBatch) => known.encode(batch),
    plain: (batch: WriteBatch) => plain.encode(batch),
    peer: peerBody,
  };
  const times = { given: [] as number[], kept: [] as number[], plain: [] as number[], peer: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    for (const side of ["given", "kept", "plain", "peer"] as const) {
      const time = medianNsPerSeries(sides[side], batches);
      if (round >= 0) times[side].push(time);
    }
  }
  const [last] = batches as [WriteBatch];
  const peerName = "cached labels + native snappy";
  const seriesPerSecond = (side: keyof typeof times) => 1e9 / median(times[side]);
  const row = (what: string, side: keyof typeof times) => ({
    bench: "B8" as const,
    what: `remote write ${protocol}.0 body, ${what}`,
    unit: "series/s",
    ours: seriesPerSecond(side),
    peer: { name: peerName, value: seriesPerSecond("peer") },
  });
  return [
    { ...row("known sequence, given back", "given"), must: { of: "ratio", atLeast: 50 } },
    { ...row("known sequence, kept", "kept"), must: { of: "ratio", atLeast: 50 } },
    row("new sequence", "plain"),
    {
      bench: "B8",
      what: `remote write ${protocol}.0 body, known sequence`,
      unit: "B/series",
      ours: known.encode(last).length / SERIES,
      peer: { name: peerName, value: peerBody(last).length / SERIES },
      must: { of: "ratio", atMost: 1.7 },
    },
  ];
}

function medianNsPerSeries(encode: (batch: WriteBatch) => unknown, batches: readonly WriteBatch[]): number {
  const times: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const startMs = performance.now();
    encode(batches[call % batches.length] as WriteBatch);
    times.push(((performance.now() - startMs) * 1e6) / SERIES);
  }
  return median(times);
}

interface Receiver {
  readonly what: string;
  readonly protocol: Protocol;
  readonly writeUrl: string;
  readonly pid: number;
  query(expression: string): Promise<readonly { readonly value: number }[]>;
  settle?(): Promise<unknown>;
}

/** Samples per CPU-second, ours (encoding and sending them) against theirs (taking them). */
async function serverRows(): Promise<readonly Row[]> {
  await using old = await startPrometheus({ cores: SERVER_CORE });
  await using current = await startPrometheus({ command: "prometheus3", cores: SERVER_CORE });
  await using victoria = await startVictoriaMetrics(SERVER_CORE);
  const settle = () => fetch(new URL("/internal/force_flush", victoria.writeUrl));
  const receivers: readonly Receiver[] = [
    { ...old, what: "Prometheus 2.42 by 1.0", protocol: 1, pid: old.process.pid },
    { ...current, what: "Prometheus 3 by 1.0", protocol: 1, pid: current.process.pid },
    { ...current, what: "Prometheus 3 by 2.0", protocol: 2, pid: current.process.pid },
    { ...victoria, what: "VictoriaMetrics by 1.0", protocol: 1, settle },
  ];
  const rows: Row[] = [];
  for (const receiver of receivers) rows.push(await sendTo(receiver));
  return rows;
}

async function sendTo({ what, protocol, writeUrl, pid, query, settle }: Receiver): Promise<Row> {
  const name = `sent_${what.replaceAll(/\W/g, "_")}`;
  const series = bucketSeries(name);
  const encoder = openWriteEncoder({ protocol, ...OPTIONS });
  const headers = {
    "content-type": protocol === 1 ? "application/x-protobuf" : "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": protocol === 1 ? "0.1.0" : "2.0.0",
  };
  const usage = { ours: 0, theirs: 0 };
  let sum = 0;
  for (let round = 0; round < FIRST_REQUESTS + REQUESTS; round++) {
    if (round === FIRST_REQUESTS) Object.assign(usage, { ours: 0, theirs: cpuSeconds(pid) });
    const batch = flush(series, round);
    const before = process.cpuUsage();
    const body = encoder.encode(batch);
    const response = await fetch(writeUrl, { method: "POST", headers, body: Buffer.from(body.buffer, body.byteOffset, body.length) });
    await response.arrayBuffer();
    encoder.giveBack(body);
    const { user, system } = process.cpuUsage(before);
    usage.ours += (user + system) / 1e6;
    if (response.status !== 204) throw new Error(`${what}: ${response.status}`);
    sum = batch.values.reduce((total, value) => total + value, 0);
  }
  const theirs = cpuSeconds(pid) - usage.theirs;
  await settle?.();
  const samples = SERIES * (FIRST_REQUESTS + REQUESTS);
  const [counted] = await query(`sum(count_over_time(${name}[2h]))`);
  const [summed] = await query(`sum(last_over_time(${name}[2h]))`);
  if (counted?.value !== samples) throw new Error(`${what}: ${samples} samples were sent, ${counted?.value} are there`);
  if (Math.abs((summed?.value ?? 0) / sum - 1) > 1e-9) throw new Error(`${what}: the sum is ${summed?.value}, not ${sum}`);
  const timed = SERIES * REQUESTS;
  return {
    bench: "B8",
    what: `samples into ${what}`,
    unit: "samples/cpu-s",
    ours: timed / usage.ours,
    peer: { name: "the server", value: timed / theirs },
  };
}

const ROUTES = ["/api/runtime/puzzle/gallery", "/api/runtime/puzzle/{id}", "/api/runtime/score", "/api/auth/login", "/healthz"];
const BOUNDS = ["0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0", "7.5", "10.0", "+Inf"];

/** As the histograms of a fleet of api-servers make them. */
function bucketSeries(name: string): readonly WriteSeries[] {
  const metadata: WriteMetadata = { family: name, type: "histogram", help: "Duration of HTTP server requests.", unit: "seconds" };
  return Array.from({ length: SERIES }, (_, index) => ({
    labels: [
      ["__name__", `${name}`],
      ["http_request_method", "GET"],
      ["http_response_status_code", "200"],
      ["http_route", ROUTES[Math.floor(index / BOUNDS.length) % ROUTES.length] as string],
      ["instance", `genarrative-api-${Math.floor(index / BOUNDS.length / ROUTES.length)}`],
      ["job", "production/genarrative-api"],
      ["le", BOUNDS[index % BOUNDS.length] as string],
      ["network_protocol_version", "1.1"],
      ["url_scheme", "http"],
    ],
    metadata,
  }));
}

/** Three quarters of the values are whole numbers, as counters are. */
function flush(series: readonly WriteSeries[], round: number): WriteBatch {
  const values = Float64Array.from(series, (_, index) =>
    index % 4 === 0 ? ((index * 7919 + round * 104_729) % 100_003) / 1009 : index * 3 + round * 17,
  );
  return {
    length: series.length,
    series,
    timestampsMs: new Float64Array(series.length).fill(START_MS + round * 1000),
    values,
    startsMs: new Float64Array(series.length).fill(START_MS - 1000),
    histograms: [],
    exemplars: [],
  };
}
