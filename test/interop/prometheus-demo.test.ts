import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { METRICS } from "../../collector/model/catalog.ts";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { PROJECT_FOLDER } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import { scrape } from "./exposition.ts";
import { queryUntil, startPrometheus } from "./prometheus-process.ts";

test("Prometheus, scraping while `npm run demo` runs, answers with what the demo's driver counted", { timeout: 90_000 }, async () => {
  const runs = mkdtempSync(join(tmpdir(), "pitwall-prometheus-demo-"));
  onTestFinished(() => rmSync(runs, { recursive: true, force: true }));
  await using demo = new Process({
    file: process.execPath,
    arguments: ["scripts/on-node.cjs", "loadtest/demo.ts", "--seconds", "12", "--keep", "--runs-dir", runs],
    folder: PROJECT_FOLDER,
  });
  const page = await demo.waitFor("scrape address", () => /scrape (http:\/\/[^\s,]+)/.exec(demo.stderr)?.[1]);
  await using prometheus = await startPrometheus(new URL(page).host);
  await demo.waitFor("end of the load", () => (demo.stderr.includes("left running") ? true : undefined));
  const requests = `${METRICS.httpServerRequestDuration.prometheus.suffixed}_count`;
  // The server's last export of the load has been scraped when nothing moves any more.
  expect(await queryUntil(prometheus, `sum(changes(${requests}[6s]))`, (value) => value === 0)).toBe(0);

  const samples = await scrape(page);
  for (const metric of [METRICS.puzzleGalleryCacheHits, METRICS.puzzleGalleryCacheMisses, METRICS.requestPermitsAvailable]) {
    const name = metric.prometheus.suffixed;
    const value = samples.find((sample) => sample.name === name)?.value;
    expect(value, name).toBeGreaterThan(0);
    expect(await queryUntil(prometheus, name, (found) => found === value), name).toBe(value);
  }
  // It moved while Prometheus looked on: these are not only the last values.
  const hits = METRICS.puzzleGalleryCacheHits.prometheus.suffixed;
  expect((await prometheus.query(`changes(${hits}[1m])`))[0]?.value).toBeGreaterThan(0);
  expect((await prometheus.query(`count_over_time(${METRICS.processMemoryUsage.prometheus.suffixed}[1m])`))[0]?.value).toBeGreaterThan(3);

  // What its report says that the driver sent, route by route; the path is told at the end of the load.
  const path = /^report: (.*)\.html$/m.exec(demo.stderr)?.[1];
  const report = JSON.parse(readFileSync(`${path}.json`, "utf8")) as RunReport;
  const counted = report.endpoints.flatMap(({ names, streams }) => {
    const driver = streams.find(({ hop }) => hop === "client");
    return (driver?.statuses ?? []).map(({ status, requests: sent }) => ({ route: names.find((name) => name.startsWith("/")), status, sent }));
  });
  expect(counted.length).toBeGreaterThan(3);
  for (const { route, status, sent } of counted) {
    const expression = `sum(last_over_time(${requests}{http_route="${route}",http_response_status_code="${status}"}[1m]))`;
    expect((await prometheus.query(expression))[0]?.value, expression).toBe(sent);
  }
  // And what is printed when it is told to end says the same.
  await demo.stop();
  expect(demo.stdout).toMatch(/\nPASSED: .*\nreport: .*report\.html\n$/);
});
