import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CatalogMetric, METRICS } from "../../../collector/model/catalog.ts";
import { HOST_METRICS } from "../../../collector/model/catalog-host.ts";
import { K6_METRICS, K6_OTHER_METRICS } from "../../../collector/model/catalog-run.ts";
import { SELF_METRICS } from "../../../collector/model/catalog-self.ts";
import { k6 } from "../../../collector/receivers/k6/k6.ts";
import { nginx } from "../../../collector/receivers/nginx/nginx.ts";
import { openWitnessRiver, type WitnessRiver } from "../receivers/file-tail-river.ts";
import { fixtureBytes } from "../wire/generators/read-fixture.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-catalog-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const K6: readonly CatalogMetric[] = [K6_METRICS, K6_OTHER_METRICS].flatMap((part) => Object.values<CatalogMetric>(part));
const SETTINGS = { poll_interval: "10ms", batch_timeout: "20ms" };

function sentMetrics({ batches }: WitnessRiver) {
  const metrics = batches.flatMap((batch) => (batch.signal === "metrics" ? [...batch.items] : []));
  return new Map(metrics.map(({ name, unit, data }) => [name, { unit, type: data.type }]));
}

test.each(["k6/mixed.ndjson.gz", "k6/mixed.csv.gz"])(
  "what the receiver k6 makes of %s is in the catalogue, name, unit and instrument",
  async (file) => {
    const path = join(folder, "k6.out");
    writeFileSync(path, fixtureBytes(file));
    await using river = await openWitnessRiver(k6, { ...SETTINGS, path });
    await river.until((items) => items.length > 0);
    await river.close();
    const sent = sentMetrics(river);
    const types = { counter: "sum", updowncounter: "sum", gauge: "gauge", histogram: "exponential_histogram" } as const;
    expect(Object.fromEntries(sent)).toEqual(
      Object.fromEntries(K6.filter(({ name }) => sent.has(name)).map(({ name, unit, instrument }) => [name, { unit, type: types[instrument] }])),
    );
    expect([...sent.keys()].sort()).toEqual(["checks.total", "data_received", "data_sent", "iteration_duration", "iterations", "vus", "vus_max"]);
  },
);

test("the receiver nginx makes no metrics of its lines", async () => {
  const path = join(folder, "access.log");
  writeFileSync(path, fixtureBytes("nginx/k6-mixed-timing.log"));
  await using river = await openWitnessRiver(nginx, { ...SETTINGS, paths: [path], start_at: "beginning" });
  await river.until((items) => items.length > 0);
  await river.close();
  expect([...new Set(river.batches.map(({ signal }) => signal))]).toEqual(["traces"]);
});

test("what receivers of files tell of themselves is in the catalogue, name, instrument and labels", async () => {
  const path = join(folder, "k6.out");
  writeFileSync(path, "no json\n");
  await using river = await openWitnessRiver(k6, { ...SETTINGS, path });
  await river.until((items) => items.length > 0);
  const families = river.around.meter.snapshot().filter(({ name }) => name.startsWith("pitwall_receiver_"));
  const told = families.map(({ name, kind, series }) => ({
    name: kind === "counter" ? `${name}_total` : name,
    instrument: kind,
    labels: Object.keys(series[0]?.labels ?? {}),
  }));
  const { lines, linesRejected, openFiles, fileRotations, fileTruncations } = SELF_METRICS;
  const wanted = [lines, linesRejected, openFiles, fileRotations, fileTruncations].map(({ name, instrument, labels }) => ({
    name,
    instrument,
    labels,
  }));
  expect(told.sort(byName)).toEqual(wanted.sort(byName));
});

test("no witness takes a name of the collector's own", () => {
  const own = new Set(Object.values(SELF_METRICS).map(({ name }) => name as string));
  const named = [...Object.values<CatalogMetric>(METRICS), ...K6, ...Object.values(HOST_METRICS)].flatMap(({ prometheus }) =>
    Object.values(prometheus),
  );
  expect(named.filter((name) => own.has(name))).toEqual([]);
});

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
