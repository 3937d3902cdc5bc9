import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { Metric, NumberPoint } from "../../../collector/model/metric.ts";
import { SeriesStore } from "../../../collector/series/series-store.ts";
import { encodeMetrics } from "../../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../../collector/wire/scan-metrics.ts";
import { Bodies } from "../../../exporters/prometheus/bodies.ts";
import { type FormatKind, negotiateFormat } from "../../../exporters/prometheus/negotiate.ts";
import { PROJECT_FOLDER, peerCommand } from "../../peers/peers.ts";
import { LOAD_CORE } from "../load.ts";
import { median } from "../rounds.ts";
import type { Bench, Row } from "../row.ts";

const FAMILIES = 20;
const SERIES_PER_FAMILY = 5000;
const SERIES = FAMILIES * SERIES_PER_FAMILY;
/** The exporter's default. */
const KEPT_BYTES = 33_554_432;
const FORMAT_KINDS: readonly FormatKind[] = ["text", "openmetrics", "protobuf"];
const ACCEPTS: Readonly<Record<FormatKind, string>> = {
  text: "text/plain;version=0.0.4",
  openmetrics: "application/openmetrics-text;version=1.0.0",
  protobuf: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
};

/** What one rendering took, and whether it was all there. */
interface Rendering {
  readonly ns: number;
  readonly bytes: number;
  /** Sample lines. */
  readonly samples: number;
}

/**
 * B7: a scrape of 100 000 series, 200 bytes a line, three quarters of them integers, all values changed since the one before. Each peer
 * renders its own registry of the same series on the same core; all sample lines are counted.
 */
export const expositionBench: Bench = {
  id: "B7",
  title: "a scrape of 100 000 series",
  async run({ rounds }) {
    const ours = ourSeries();
    for (const kind of FORMAT_KINDS) ours.verify(kind);
    await using promClient = startPromClient();
    await using golang = startClientGolang();
    const contenders: Readonly<Record<string, () => Promise<Rendering>>> = {
      text: async () => ours.render("text"),
      "prom-client": () => promClient.render(),
      client_golang: () => golang.render(),
      copy: async () => ours.copy(),
    };
    const results: Record<string, Rendering[]> = {};
    for (let round = -2; round < rounds; round++) {
      for (const [name, render] of Object.entries(contenders)) {
        const rendering = await render();
        if (rendering.samples !== SERIES) throw new Error(`${name} rendered ${rendering.samples} samples instead of ${SERIES}`);
        if (round >= 0) results[name] = [...(results[name] ?? []), rendering];
      }
    }
    const nsOf = (name: string): number => median((results[name] ?? []).map(({ ns }) => ns / SERIES));
    const rows: Row[] = ["client_golang", "prom-client"].map((peer) => ({
      bench: "B7",
      what: "text 0.0.4, per series",
      unit: "ns",
      ours: nsOf("text"),
      peer: { name: peer, value: nsOf(peer) },
      must: { of: "ratio", atMost: 1 / 20 },
    }));
    const told = { bench: "B7", unit: "ns" } as const;
    rows.push({ bench: "B7", what: "text 0.0.4, whole page", unit: "ms", ours: (nsOf("text") * SERIES) / 1e6 });
    rows.push({ ...told, what: "text 0.0.4, per series", ours: nsOf("text"), peer: { name: "copying the finished page", value: nsOf("copy") } });
    for (const kind of ["openmetrics", "protobuf"] as const) {
      // On its own: each kind keeps its own lines, and there is room for one of this size.
      const alone = ourSeries();
      const renderings = Array.from({ length: rounds + 2 }, () => alone.render(kind)).slice(2);
      rows.push({ ...told, what: `${kind}, per series`, ours: median(renderings.map(({ ns }) => ns / SERIES)) });
    }
    return rows;
  },
};

interface OurSeries {
  /** Throws where kept lines say something else than lines rendered anew. */
  verify(kind: FormatKind): void;
  render(kind: FormatKind): Rendering;
  copy(): Rendering;
}

function ourSeries(): OurSeries {
  const store = new SeriesStore(
    { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true },
    { maxSeries: SERIES, expirationMs: 3_600_000 },
    { keepExemplars: true, hashKey: [1, 2] },
  );
  const columns = new MetricColumns();
  for (let family = 0; family < FAMILIES; family++) {
    columns.scan(encodeMetrics([otlpMetric(family)]));
    if (store.ingest(columns, 1) !== undefined) throw new Error("the store refused series of the bench");
  }
  const options = { utf8Names: false, timestamps: false, created: false, nativeHistograms: "with_classic_buckets", onHidden() {} } as const;
  const bodies = new Bodies(store, { ...options, keptBytes: KEPT_BYTES });
  const formatOf = (kind: FormatKind) => negotiateFormat(ACCEPTS[kind], { openMetrics: true, protobuf: true });
  const target = Buffer.alloc(64 * 1024 * 1024);
  return {
    render(kind) {
      changeValues(store);
      const startMs = performance.now();
      const body = bodies.render(formatOf(kind));
      const ns = (performance.now() - startMs) * 1e6;
      const { bytes } = body;
      body.release();
      return { ns, bytes: bytes.length, samples: kind === "protobuf" ? SERIES : countSamples(bytes) };
    },
    verify(kind) {
      const kept = new Bodies(store, { ...options, keptBytes: KEPT_BYTES });
      for (let round = 0; round < 3; round++) {
        changeValues(store);
        const fresh = new Bodies(store, { ...options, keptBytes: 0 }).render(formatOf(kind));
        const body = kept.render(formatOf(kind));
        if (!fresh.bytes.equals(body.bytes)) throw new Error(`${kind}: lines that were kept are not what lines rendered anew are`);
        body.release();
      }
    },
    copy() {
      const { bytes, release } = bodies.render(formatOf("text"));
      const startMs = performance.now();
      bytes.copy(target);
      const ns = (performance.now() - startMs) * 1e6;
      release();
      return { ns, bytes: bytes.length, samples: countSamples(bytes) };
    },
  };
}

/** The labels of test/peers/go/clientgolang. */
function labelsOf(index: number): { readonly pod: string; readonly route: string } {
  return { pod: `api-server-${index % 50}`, route: `/api/runtime/puzzle/${index}` };
}

function otlpMetric(family: number): Metric {
  const points = Array.from(
    { length: SERIES_PER_FAMILY },
    (_, index): NumberPoint => ({
      attributes: Attributes.from({ method: "GET", zone: "eu-central-1a", ...labelsOf(index) }),
      timeUnixNano: 1_790_000_000_000_000_000n,
      startUnixNano: 0n,
      flags: 0,
      exemplars: [],
      number: { kind: "double", value: 0 },
    }),
  );
  const service = Attributes.from({ "service.name": "genarrative-api", "service.instance.id": "instance-0001" });
  return {
    resource: { attributes: service, droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" },
    scope: { name: "api-server", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" },
    name: `puzzle_gallery.cache.requests.${family}`,
    description: "Requests by route.",
    unit: "",
    metadata: Attributes.EMPTY,
    data: { type: "gauge", points },
  };
}

/** As main.go has it: 75 % integers; of the rest half have three decimals, half all digits that a double has. */
function newValue(index: number): number {
  if (index % 4 !== 0) return Math.floor(Math.random() * 1e6);
  return index % 8 === 0 ? Math.round(Math.random() * 1e6) / 1000 : Math.random() * 100;
}

/** Straight in the cells: what is measured is the rendering, not what brings the values. */
function changeValues(store: SeriesStore): void {
  const { table } = store;
  for (const { series } of store.families.sorted()) {
    for (const one of series) table.cells.values[table.cellStarts[one] as number] = newValue(one);
  }
  store.version++;
}

/** prom-client in a process of its own, so that its garbage is collected on its own time; it does what main.go does. */
const PROM_CLIENT = `
const { Gauge, Registry } = require("prom-client");
const [families, series] = process.argv.slice(1).map(Number);
const registry = new Registry();
const fixed = { instance: "instance-0001", job: "genarrative-api", method: "GET", otel_scope_name: "api-server", zone: "eu-central-1a" };
const labelNames = [...Object.keys(fixed), "pod", "route"];
const gauges = Array.from({ length: families }, (_, family) =>
  new Gauge({ name: "puzzle_gallery_cache_requests_" + family, help: "Requests by route.", labelNames, registers: [registry] }));
const newValue = ${newValue.toString()};
require("node:readline").createInterface({ input: process.stdin }).on("line", async () => {
  for (const gauge of gauges) {
    for (let index = 0; index < series; index++) {
      gauge.set({ ...fixed, pod: "api-server-" + (index % 50), route: "/api/runtime/puzzle/" + index }, newValue(index));
    }
  }
  const start = performance.now();
  const body = Buffer.from(await registry.metrics());
  const ns = (performance.now() - start) * 1e6;
  const lines = body.toString().split("\\n").filter((line) => line !== "").length;
  console.log(JSON.stringify({ ns, bytes: body.length, lines }));
});`;

function startPromClient(): Peer {
  return startPeer(process.execPath, ["-e", PROM_CLIENT, "--"]);
}

function startClientGolang(): Peer {
  const { file, arguments: first, environment } = peerCommand("client-golang");
  return startPeer(file, first, environment);
}

interface Peer extends AsyncDisposable {
  render(): Promise<Rendering>;
}

/** A program that renders its own registry for each line that it gets, and tells how long that took. */
function startPeer(file: string, first: readonly string[], environment: Readonly<Record<string, string>> = {}): Peer {
  const command = ["-c", LOAD_CORE, file, ...first, String(FAMILIES), String(SERIES_PER_FAMILY)];
  const child = spawn("taskset", command, { cwd: PROJECT_FOLDER, env: { ...process.env, ...environment }, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const closed = once(child, "close");
  const ended = closed.then(() => Promise.reject(new Error(`${file} ended`)));
  ended.catch(() => {});
  return {
    async render() {
      const answer = once(lines, "line");
      child.stdin.write("\n");
      const [line] = (await Promise.race([answer, ended])) as [string];
      const { ns, bytes, lines: count } = JSON.parse(line) as { ns: number; bytes: number; lines: number };
      return { ns, bytes, samples: count - 2 * FAMILIES };
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}

function countSamples(bytes: Buffer): number {
  let samples = 0;
  for (let start = 0; start < bytes.length; ) {
    if (bytes[start] !== 0x23 && bytes[start] !== 0x0a) samples++;
    const end = bytes.indexOf(0x0a, start);
    start = end < 0 ? bytes.length : end + 1;
  }
  return samples;
}
