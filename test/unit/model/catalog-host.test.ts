import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ATTRIBUTES, METRICS } from "../../../collector/model/catalog.ts";
import { HOST_ATTRIBUTES, HOST_METRICS, type HostMetric } from "../../../collector/model/catalog-host.ts";
import { CLIENT_METRICS, K6_METRICS, K6_OTHER_METRICS, RUN_ATTRIBUTES, RUN_METRICS, SPAN_METRICS } from "../../../collector/model/catalog-run.ts";
import type { Metric } from "../../../collector/model/metric.ts";
import { host, openHost } from "../../../collector/receivers/host/host.ts";
import type { HostConfig } from "../../../collector/receivers/host/host-config.ts";
import { ProcFiles } from "../../../collector/receivers/host/proc-files.ts";
import { labelName, SPEC_LABEL_RULES } from "../../../collector/wire/prometheus-label.ts";
import { metricName } from "../../../collector/wire/prometheus-name.ts";
import { openWitnessRiver, type WitnessRiver } from "../receivers/file-tail-river.ts";

const metrics: readonly HostMetric[] = Object.values(HOST_METRICS);
const CATALOGUED = metrics.map(({ name, unit, instrument, attributes }) => `${name} [${unit}] ${instrument} {${attributes}}`).sort();

/** A kernel that tells everything, and one process: procfs by path. */
const EVERYTHING: Readonly<Record<string, string>> = {
  stat: "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 100 0 100 800 0 0 0 0 0 0\nctxt 5\nbtime 1000\nprocs_running 1\nprocs_blocked 0\n",
  loadavg: "0.5 0.4 0.3 1/100 77\n",
  "pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
  meminfo: "MemTotal: 99 kB\nMemFree: 9 kB\nMemAvailable: 9 kB\nBuffers: 9 kB\nCached: 9 kB\nSReclaimable: 9 kB\nSwapTotal: 9 kB\nSwapFree: 9 kB\n",
  vmstat: "pswpin 1\npswpout 2\npgmajfault 3\noom_kill 0\n",
  "sys/fs/file-nr": "100\t0\t1000\n",
  "sys/net/core/somaxconn": "4096\n",
  "sys/net/netfilter/nf_conntrack_count": "1\n",
  "sys/net/netfilter/nf_conntrack_max": "2\n",
  "net/dev": `heading\nheading\n  eth0: ${Array(16).fill(1).join(" ")}\n`,
  "net/snmp": "Tcp: ActiveOpens PassiveOpens AttemptFails EstabResets OutSegs RetransSegs OutRsts\nTcp: 1 2 3 4 5 6 7\n",
  "net/netstat":
    "TcpExt: ListenOverflows ListenDrops TCPReqQFullDrop TCPReqQFullDoCookies TCPBacklogDrop TCPSynRetrans TCPTimeouts TCPAbortOnMemory\n" +
    "TcpExt: 1 2 3 4 5 6 7 8\n",
  "net/sockstat": "sockets: used 30\nTCP: inuse 5 orphan 0 tw 9 alloc 1 mem 76\n",
  "net/tcp": "heading\n 0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 0 0 77 1 0\n",
  diskstats: "   8       0 sda 1 0 8 1 1 0 8 1 0 1 2 0 0 0 0 0 0\n",
  "41/stat": "41 (api) S 1 1 1 0 -1 0 0 0 0 0 200 100 0 0 20 0 4 0 700 0 0",
  "41/status": "VmSize:\t 9 kB\nVmRSS:\t 9 kB\nRssAnon:\t 9 kB\nVmData:\t 9 kB\nVmSwap:\t 0 kB\n",
  "41/limits": "Max open files            1024                1024                files\n",
  "41/fd/0": "",
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pitwall-catalog-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** As it goes over the wire. */
function sent({ batches }: WitnessRiver): readonly string[] {
  const all = batches.flatMap((batch): readonly Metric[] => (batch.signal === "metrics" ? batch.items : []));
  return [...new Set(all.flatMap(rowsOf))].sort();
}

function rowsOf({ name, unit, data }: Metric): readonly string[] {
  const isCounter = data.type === "sum" && data.isMonotonic && data.temporality === 2;
  const instrument = data.type === "gauge" ? "gauge" : isCounter ? "counter" : data.type;
  return data.points.map(({ attributes }) => `${name} [${unit}] ${instrument} {${attributes.keys}}`);
}

test("the catalogue is exactly what the receiver sends where the kernel tells everything: names, units, instruments, attributes", async () => {
  for (const [path, text] of Object.entries(EVERYTHING)) put(path, text);
  const fromFolder: typeof host = { ...host, open: (config, out, context) => openHost(config as HostConfig, out, context, new ProcFiles(root)) };
  await using river = await openWitnessRiver(fromFolder, { interval: "100ms", processes: [{ name: "api", pid: 41 }], ports: [8080] });
  await river.until((items) => items.length > 0);
  put("stat", (EVERYTHING["stat"] ?? "").replace("800", "900"));
  await river.until((items) => items.some((item) => item.kind === "sample" && item.name === "system.cpu.utilization"));
  await river.close();
  expect(sent(river)).toEqual(CATALOGUED);
});

/** What a kernel, or a container, may not tell. */
const NOT_EVERYWHERE = /^pitwall\.host\.(conntrack|pressure|oom_kills|process\.)|^system\.(disk|network\.(io|errors|packet))|^process\./;

test("of this very machine nothing is sent that the catalogue does not have, and all that every Linux has", async () => {
  const listener = createServer();
  const port = await new Promise<number>((resolve) => {
    listener.listen(0, "127.0.0.1", () => resolve((listener.address() as { port: number }).port));
  });
  await using river = await openWitnessRiver(host, { interval: "100ms", processes: [{ name: "own", pid: process.pid }], ports: [port] });
  await river.until((items) => items.some((item) => item.kind === "sample" && item.name === "system.cpu.utilization"));
  await river.close();
  listener.close();
  const rows = sent(river);
  expect(rows.filter((row) => !CATALOGUED.includes(row))).toEqual([]);
  expect(CATALOGUED.filter((row) => !rows.includes(row) && !NOT_EVERYWHERE.test(row))).toEqual([]);
  expect(rows.some((row) => row.startsWith("process.memory.usage"))).toBe(true);
});

test("Prometheus names and labels are those that our translator gives", () => {
  for (const { name, unit, instrument, prometheus } of metrics) {
    const named = { name, unit, isCounter: instrument === "counter", isGauge: instrument === "gauge", namespace: "" };
    expect(metricName(named, "UnderscoreEscapingWithSuffixes")).toBe(prometheus.suffixed);
    expect(metricName(named, "UnderscoreEscapingWithoutSuffixes")).toBe(prometheus.plain);
  }
  for (const { name, label } of HOST_ATTRIBUTES) expect(labelName(name, SPEC_LABEL_RULES)).toBe(label);
});

test("a name that a server and the machine both give means the same, in the same unit; no other is there twice", () => {
  const others = [METRICS, RUN_METRICS, CLIENT_METRICS, K6_METRICS, K6_OTHER_METRICS, SPAN_METRICS].flatMap((part) => Object.values(part));
  const shared = metrics.flatMap((metric) => others.filter(({ name }) => name === metric.name).map((other) => [metric, other] as const));
  expect(shared.map(([{ name }]) => name).sort()).toEqual([
    "process.memory.usage",
    "process.memory.virtual",
    "process.thread.count",
    "process.unix.file_descriptor.count",
  ]);
  for (const [metric, other] of shared) {
    expect([metric.unit, metric.prometheus]).toEqual([other.unit, other.prometheus]);
    // Both are gauges to Prometheus: it knows no up-down counters.
    expect([metric.instrument, other.instrument]).toEqual(["gauge", "updowncounter"]);
  }
  for (const strategy of ["suffixed", "plain"] as const) {
    const own = metrics.map(({ prometheus }) => prometheus[strategy]);
    expect(new Set(own).size).toBe(own.length);
    const taken = new Set(others.map(({ prometheus }) => prometheus[strategy]));
    expect(own.filter((name) => taken.has(name))).toHaveLength(shared.length);
  }
});

test("every attribute is in one of the attribute tables, and in only one", () => {
  const names = [...ATTRIBUTES, ...RUN_ATTRIBUTES, ...HOST_ATTRIBUTES].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { attributes } of metrics) for (const name of attributes) expect(names).toContain(name);
});
