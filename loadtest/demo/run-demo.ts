import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DemoArguments } from "./arguments.ts";
import { ChildFailed } from "./child.ts";
import { type FlowView, readFlowView, readServerView, type ServerView } from "./collector-view.ts";
import { parseLedger } from "./ledger.ts";
import { renderLedger } from "./ledger-lines.ts";
import { LiveLine } from "./live-line.ts";
import { type DemoCollector, startCollector, startServer } from "./parts.ts";
import { type LoadRunResult, runLoad } from "./run-load.ts";
import { startProxy } from "./start-proxy.ts";

const EXIT = { unavailable: 69, internal: 70 } as const;
/** The server flushes its telemetry, the collector drains: seconds where all is well. */
const STOP_MS = 20_000;
const REFRESH_MS = 1000;
const PLAIN_INTERVAL_MS = 5000;
const SCRAPE_MS = 5000;

/**
 * Runs the whole demo: processes up, the load inside a run, a live line, processes down in order, the report. Resolves with the exit code: that of
 * `pitwall run` (0 passed, 99 failed), 69 where a part could not be started or did not answer, 70 where the collector cannot account for all it
 * received. `signal` ends the load early.
 */
export async function runDemo(demo: DemoArguments, signal: AbortSignal): Promise<number> {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const folder = await mkdtemp(join(tmpdir(), "pitwall-demo-"));
  // Also where a second signal ends everything at once.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    const runsFolder = resolve(demo.runsFolder);
    const collector = await startCollector(folder, runsFolder);
    using _collector = collector.child;
    const server = await startServer(collector.otlpUrl, demo.permits);
    using _server = server.child;
    await using proxy = demo.hasProxy ? await startProxy(server.baseUrl, say) : undefined;
    say(`collector      OTLP ${collector.otlpUrl}, scrape ${collector.scrapeUrl}, runs http://${collector.api}`);
    say(`sample server  ${server.baseUrl}, ${demo.permits} request permits`);
    if (proxy !== undefined) say(`proxy          ${proxy.url}, nginx`);
    say(`load           up to ${demo.peakPerSecond} requests/s for ${demo.seconds} s, open loop`);

    if (signal.aborted) return await closing(collector, { code: 0, text: "" });
    const loadRun = await watched(collector, () =>
      runLoad({
        api: collector.api,
        otlp: new URL(collector.otlpUrl).host,
        runsFolder,
        baseUrl: proxy?.url ?? server.baseUrl,
        accessLog: proxy?.accessLog,
        seconds: demo.seconds,
        peakPerSecond: demo.peakPerSecond,
        signal,
      }),
    );
    if (demo.keep && !signal.aborted) {
      const path = loadRun.text.trimEnd().split("\n").at(-1) ?? "";
      say(
        `${verdictOf(path)}\n${path}\nAll is left running: open ${collector.scrapeUrl} and http://${collector.api}\nAll telemetry is in ${collector.telemetryFile}. Ctrl-C ends it.`,
      );
      await Promise.race([aborted(signal), collector.child.ended, server.child.ended]);
    }
    // First the server, so that its last telemetry still finds the collector.
    if (!(await server.child.stop(STOP_MS))) throw new ChildFailed(`the sample server did not stop within ${STOP_MS / 1000} s`);
    return await closing(collector, loadRun);
  } catch (error) {
    if (!(error instanceof ChildFailed)) throw error;
    say(`The demo cannot go on: ${error.message}`);
    return EXIT.unavailable;
  }
}

/** Ends the collector, whose last word is the loss ledger, and prints everything: the verdict and the report's path come last. */
async function closing(collector: DemoCollector, { code, text }: LoadRunResult): Promise<number> {
  if (!(await collector.child.stop(STOP_MS))) throw new ChildFailed(`the collector did not stop within ${STOP_MS / 1000} s`);
  const ledger = parseLedger(await collector.child.waitFor("ledger", 0));
  if (ledger === undefined) throw new ChildFailed("the collector's ledger line has not the expected fields");
  const lines = text.trimEnd().split("\n");
  const path = lines.at(-1) ?? "";
  if (text === "") process.stdout.write(renderLedger(ledger));
  else process.stdout.write(`${lines.slice(0, -1).join("\n").trimEnd()}\n\n${renderLedger(ledger)}\n${verdictOf(path)}\n${path}\n`);
  if (ledger.isBalanced) return code;
  process.stderr.write("the loss ledger is not balanced: the collector cannot account for all it received\n");
  return EXIT.internal;
}

/** The report's first lines as one; `path` is `report: …/report.html`. */
function verdictOf(path: string): string {
  const file = path.replace(/^report: /, "").replace(/html$/, "json");
  const { verdict } = JSON.parse(readFileSync(file, "utf8")) as { readonly verdict: { readonly result: string; readonly sentence: string } };
  return `${verdict.result.toUpperCase()}: ${verdict.sentence}`;
}

/** A live line while the work lasts. */
async function watched<T>(collector: DemoCollector, work: () => Promise<T>): Promise<T> {
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
      // A scrape that failed shows in the next line.
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), REFRESH_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    line.end();
  }
}

async function readViews({ scrapeUrl, selfMetricsUrl }: DemoCollector): Promise<{ readonly server: ServerView; readonly flow: FlowView }> {
  const [server, flow] = await Promise.all([readText(scrapeUrl), readText(selfMetricsUrl)]);
  return { server: readServerView(server), flow: readFlowView(flow) };
}

async function readText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return await response.text();
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve: done } = Promise.withResolvers<void>();
  if (signal.aborted) done();
  else signal.addEventListener("abort", () => done(), { once: true });
  return promise;
}
