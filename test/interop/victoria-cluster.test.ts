import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import type { CollectorProcess } from "./collector-process.ts";
import { stopWithLedger } from "./kept-ledger.ts";
import { startMetricsCollector } from "./metrics-collector.ts";
import { counter, type Plain, sendMetrics } from "./otlp-metrics.ts";
import { startVictoriaMetricsCluster, type VictoriaMetricsCluster } from "./victoria-metrics-process.ts";

// The engine of docs/scaling.md: two Pitwalls write to a VictoriaMetrics cluster, and one of its two storage nodes dies in mid-flow.

const SITES = ["west", "east"] as const;
type Site = (typeof SITES)[number];

const SERIES = 50;
const ROUNDS = 160;
const ROUND_MS = 50;
/** Rounds in which the storage node dies, and in which it is started again. */
const KILLED_IN = 50;
const RESTARTED_IN = 110;

/** The same server is heard by both sites: only their label keeps its series apart. */
const SERVER: Plain = { "service.name": "api", "service.instance.id": "api-1", "service.version": "1.4" };

test("two Pitwalls write while a storage node is killed and started again: every sample that was acknowledged is there", {
  timeout: 90_000,
}, async () => {
  await using cluster = await startVictoriaMetricsCluster();
  await using west = await startSite("west", cluster);
  await using east = await startSite("east", cluster);
  const startMs = Date.now() - 1000;
  const interventions: Promise<void>[] = [];

  for (let round = 1; round <= ROUNDS; round++) {
    const timeMs = Date.now();
    // Throws where it is not acknowledged.
    await Promise.all([send(west, "west", round, { timeMs, startMs }), send(east, "east", round, { timeMs, startMs })]);
    // Not waited for: the flow goes on.
    if (round === KILLED_IN) interventions.push(cluster.kill(1));
    if (round === RESTARTED_IN) interventions.push(cluster.restart(1));
    await wait(ROUND_MS);
  }
  await Promise.all(interventions);

  const points = ROUNDS * SERIES;
  for (const collector of [west, east]) {
    expect(await stopWithLedger(collector)).toMatchObject({
      ledger: { metrics: { received: points, exported: points, dropped: 0 } },
      losses: [],
      balanced: true,
    });
  }
  for (const site of SITES) {
    const selector = `app_steps_total{site="${site}"}[5m]`;
    // One more than was sent: the 0 at the start.
    await expectOfEach(cluster, `count_over_time(${selector})`, () => ROUNDS + 1);
    await expectOfEach(cluster, `last_over_time(${selector})`, (series) => valueAt(site, ROUNDS, series));
    await expectOfEach(cluster, `sum_over_time(${selector})`, (series) => {
      return Array.from({ length: ROUNDS }, (_, round) => valueAt(site, round + 1, series)).reduce((sum, value) => sum + value, 0);
    });
    const targets = await cluster.query(`last_over_time(target_info{site="${site}"}[5m])`);
    expect(targets.map(({ labels }) => labels["service_version"])).toEqual(["1.4"]);
  }
});

function startSite(site: Site, { writeUrl }: VictoriaMetricsCluster): Promise<CollectorProcess> {
  return startMetricsCollector({ prometheusremotewrite: { endpoint: writeUrl, external_labels: { site }, batch_send_deadline: "200ms" } }, "built");
}

function valueAt(site: Site, round: number, series: number): number {
  return round * (series + 1) + SITES.indexOf(site);
}

function send(collector: CollectorProcess, site: Site, round: number, times: { readonly timeMs: number; readonly startMs: number }) {
  const steps = Array.from({ length: SERIES }, (_, series) => ({ value: valueAt(site, round, series), attributes: { series: String(series) } }));
  return sendMetrics(collector, SERVER, [counter("app.steps", steps)], times);
}

/** The cluster's answer for every series, as soon as it shows what it has taken. */
async function expectOfEach(cluster: VictoriaMetricsCluster, query: string, wanted: (series: number) => number): Promise<void> {
  const all = Object.fromEntries(Array.from({ length: SERIES }, (_, series) => [String(series), wanted(series)]));
  const found = async () => Object.fromEntries((await cluster.query(query)).map(({ labels, value }) => [labels["series"], value]));
  await expect.poll(found, { timeout: 20_000, interval: 100, message: query }).toEqual(all);
}
