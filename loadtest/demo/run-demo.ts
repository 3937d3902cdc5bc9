import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriveResult } from "../driver/drive-result.ts";
import { drive } from "../driver/driver.ts";
import { startRunTelemetry } from "../driver/run-telemetry.ts";
import type { DemoArguments } from "./arguments.ts";
import { ChildFailed } from "./child.ts";
import { type FlowView, readFlowView, readServerView, type ServerView } from "./collector-view.ts";
import { type DemoFacts, findFaults, renderReport } from "./final-report.ts";
import { parseLedger } from "./ledger.ts";
import { LiveLine } from "./live-line.ts";
import { demoLoad, demoPhases, permitsFor } from "./load.ts";
import { type DemoCollector, type DemoServer, startCollector, startServer } from "./parts.ts";
import { reconcile } from "./reconcile.ts";

const EXIT = { ok: 0, unavailable: 69, internal: 70 } as const;
/** The server flushes its telemetry, the collector drains: seconds where all is well. */
const STOP_MS = 20_000;
const REFRESH_MS = 1000;
const PLAIN_INTERVAL_MS = 5000;
const SCRAPE_MS = 5000;

/**
 * Runs the whole demo: processes up, load, live line, processes down in order, tables. Resolves with the exit code: 0 where all counts agree and
 * the loss ledger is balanced, 69 where a part could not be started or did not answer, 70 where counts disagree. `signal` ends the load early.
 */
export async function runDemo({ seconds, peakPerSecond, keep }: DemoArguments, signal: AbortSignal): Promise<number> {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const folder = await mkdtemp(join(tmpdir(), "pitwall-demo-"));
  // Also where a second signal ends everything at once.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    const collector = await startCollector(folder);
    using _collector = collector.child;
    const permits = permitsFor(peakPerSecond);
    const server = await startServer(collector.otlpUrl, permits);
    using _server = server.child;
    say(`collector      OTLP ${collector.otlpUrl}, scrape ${collector.scrapeUrl}`);
    say(`sample server  ${server.baseUrl}, ${permits} request permits`);
    say(`load           up to ${peakPerSecond} requests/s for ${seconds} s, open loop`);

    const driven = await driveRun(collector, server, { seconds, peakPerSecond, keep }, signal);
    const facts = await finish(collector, server, driven);
    process.stdout.write(renderReport(facts));
    const faults = findFaults(facts);
    for (const fault of faults) say(fault);
    return faults.length === 0 ? EXIT.ok : EXIT.internal;
  } catch (error) {
    if (!(error instanceof ChildFailed)) throw error;
    say(`The demo cannot go on: ${error.message}`);
    return EXIT.unavailable;
  }
}

/** The load as a run that the telemetry tells of; with `keep` it goes on telling that the run is over. */
async function driveRun(collector: DemoCollector, server: DemoServer, demo: DemoArguments, signal: AbortSignal): Promise<DriveResult> {
  const run = { id: `demo-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}`, name: "demo", scenario: "spike" };
  await using telemetry = await startRunTelemetry({ otlpUrl: collector.otlpUrl, run, phases: demoPhases(demo.seconds) });
  const load = demoLoad(server.baseUrl, demo.seconds, demo.peakPerSecond, signal);
  const driven = await driveAndWatch(collector, { ...load, observer: telemetry.observer });
  await telemetry.end();
  if (demo.keep && !signal.aborted) {
    process.stderr.write(
      `Collector and server are left running: open ${collector.scrapeUrl}\nAll telemetry is in ${collector.telemetryFile}. Ctrl-C ends it.\n`,
    );
    await Promise.race([aborted(signal), collector.child.ended, server.child.ended]);
  }
  return driven;
}

async function driveAndWatch(collector: DemoCollector, load: Parameters<typeof drive>[0]): Promise<DriveResult> {
  const line = new LiveLine(process.stderr, PLAIN_INTERVAL_MS);
  const beganMs = performance.now();
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      const { server, flow } = await readViews(collector);
      line.show(performance.now() - beganMs, server, flow);
    } catch {
      // A scrape that failed shows in the final one, where it matters.
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), REFRESH_MS);
  try {
    return await drive(load);
  } finally {
    clearInterval(timer);
    line.end();
  }
}

/** First the server, so that its last telemetry still finds the collector; then a last look; then the collector, whose last line is the ledger. */
async function finish(collector: DemoCollector, server: DemoServer, driven: DriveResult): Promise<DemoFacts> {
  if (!(await server.child.stop(STOP_MS))) throw new ChildFailed(`the sample server did not stop within ${STOP_MS / 1000} s`);
  const views = await readViews(collector);
  if (!(await collector.child.stop(STOP_MS))) throw new ChildFailed(`the collector did not stop within ${STOP_MS / 1000} s`);
  const stopped = await server.child.waitFor("stopped", 0);
  const ledger = parseLedger(await collector.child.waitFor("ledger", 0));
  if (ledger === undefined) throw new ChildFailed("the collector's ledger line has not the expected fields");
  return {
    ...views,
    driven,
    ledger,
    counted: { requests: Number(stopped["requests"]), storeReads: Number(stopped["store_reads"]) },
    reconciliation: reconcile(driven.endpoints, views.server.requests),
    scrapeUrl: collector.scrapeUrl,
  };
}

async function readViews({ scrapeUrl, selfMetricsUrl }: DemoCollector): Promise<{ readonly server: ServerView; readonly flow: FlowView }> {
  const [server, flow] = await Promise.all([readText(scrapeUrl), readText(selfMetricsUrl)]);
  return { server: readServerView(server), flow: readFlowView(flow) };
}

async function readText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_MS) });
    if (response.ok) return await response.text();
    throw new Error(`status ${response.status}`);
  } catch (error) {
    throw new ChildFailed(`${url} did not answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
