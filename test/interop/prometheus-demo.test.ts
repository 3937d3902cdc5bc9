import { expect, test } from "vitest";
import { METRICS } from "../../collector/model/catalog.ts";
import { PROJECT_FOLDER } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import { scrape } from "./exposition.ts";
import { queryUntil, startPrometheus } from "./prometheus-process.ts";

/** A line of the demo's table: route, status, what the driver counted, what our page said. */
const COUNTED = /^ {2}(\/\S+) +(\d{3}) +([\d,]+) +[\d,]+ =$/gm;

test("Prometheus, scraping while `npm run demo` runs, answers with what the demo's driver counted", { timeout: 90_000 }, async () => {
  await using demo = new Process({
    file: process.execPath,
    arguments: ["scripts/on-node.cjs", "loadtest/demo.ts", "--seconds", "12", "--keep"],
    folder: PROJECT_FOLDER,
  });
  const page = await demo.waitFor("scrape address", () => /scrape (http:\/\/\S+)/.exec(demo.stderr)?.[1]);
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

  // The tables come when it is told to end.
  await demo.stop();
  const counted = [...demo.stdout.matchAll(COUNTED)];
  expect(counted.length).toBeGreaterThan(3);
  for (const [, route, status, driver] of counted) {
    const sent = Number(driver?.replaceAll(",", ""));
    const expression = `sum(last_over_time(${requests}{http_route="${route}",http_response_status_code="${status}"}[1m]))`;
    expect((await prometheus.query(expression))[0]?.value, expression).toBe(sent);
  }
});
