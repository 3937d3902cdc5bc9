import { setTimeout as wait } from "node:timers/promises";
import { type Contender, pitwallScrapeable } from "../contender.ts";
import { saturate } from "../load.ts";
import { loadPayload } from "../payloads.ts";
import type { Bench } from "../row.ts";

const SERIES = 100_000;
const SERIES_PER_REQUEST = 1000;
const SECONDS = 20;
const SCRAPE_INTERVAL_MS = 5000;

/** B14: how late the event loop comes at full ingest while 100 000 series are scraped every 5 s. */
export const eventLoopBench: Bench = {
  id: "B14",
  title: "event-loop delay at full ingest with a scrape of 100 000 series every 5 s",
  async run() {
    const payload = await loadPayload("metrics-200", "protobuf");
    await using ours = await pitwallScrapeable();
    await sendSeries(ours);
    // The percentiles are of the time since the last look.
    await ours.selfMetrics();
    const load = saturate(ours, payload, SECONDS);
    let series = 0;
    for (let scrapes = 0; scrapes < (SECONDS * 1000) / SCRAPE_INTERVAL_MS - 1; scrapes++) {
      await wait(SCRAPE_INTERVAL_MS);
      series = await scrapeOnce(ours);
    }
    const { failed } = await load;
    if (failed > 0) throw new Error(`${failed} requests failed`);
    if (series < SERIES) throw new Error(`the scrape page has ${series} lines, not ${SERIES}`);
    return [
      {
        bench: "B14",
        what: `event-loop delay, p99.9, ${SECONDS} s, metrics-200`,
        unit: "ms",
        ours: await delayMs(ours),
        must: { of: "value", atMost: 10 },
      },
    ];
  },
};

/** 100 000 gauge series with about 210 bytes a line, three quarters of them integers. */
async function sendSeries(contender: Contender): Promise<void> {
  for (let start = 0; start < SERIES; start += SERIES_PER_REQUEST) {
    const response = await fetch(`http://${contender.httpEndpoint}/v1/metrics`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(seriesRequest(start)),
    });
    if (!response.ok) throw new Error(`series were answered with ${response.status}: ${await response.text()}`);
  }
}

function seriesRequest(start: number): object {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const timeUnixNano = `${BigInt(Date.now()) * 1_000_000n}`;
  const dataPoints = Array.from({ length: SERIES_PER_REQUEST }, (_, offset) => {
    const index = start + offset;
    return {
      attributes: [
        text("http.route", `/api/runtime/puzzle/gallery/${index % 50}`),
        text("http.request.method", "GET"),
        text("profile", `profile-${String(index).padStart(8, "0")}`),
        text("cache", index % 2 === 0 ? "hit" : "miss"),
      ],
      timeUnixNano,
      ...(index % 4 === 3 ? { asDouble: index / 7 } : { asInt: `${index * 13}` }),
    };
  });
  const metrics = [{ name: "bench.series", unit: "By", gauge: { dataPoints } }];
  return { resourceMetrics: [{ resource: { attributes: [text("service.name", "bench")] }, scopeMetrics: [{ scope: { name: "bench" }, metrics }] }] };
}

async function scrapeOnce(contender: Contender): Promise<number> {
  if (contender.scrapeUrl === undefined) throw new Error("there is nothing to scrape");
  const text = await (await fetch(contender.scrapeUrl)).text();
  return text.split("\n").filter((line) => line.startsWith("bench_series")).length;
}

async function delayMs(contender: Contender): Promise<number> {
  const name = "pitwall_event_loop_delay_p999_seconds";
  const sample = (await contender.selfMetrics()).find((candidate) => candidate.name === name);
  if (sample === undefined) throw new Error(`the self metrics have no ${name}`);
  return sample.value * 1000;
}
