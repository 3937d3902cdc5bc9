import type { LoadedConfig } from "../../config/load.ts";
import { formatProblem } from "../../config/problem.ts";
import type { Log } from "../pipeline/define.ts";
import { openCollector } from "../pipeline/graph.ts";
import { LossLedger } from "../pipeline/loss-ledger.ts";
import { Meter } from "../pipeline/meter.ts";
import { ledgerFields, renderLedgerTable } from "../report/ledger-table.ts";
import { type Endpoint, endpointKey, renderBanner } from "./banner.ts";
import { formatFailure } from "./failure.ts";
import type { StopSignals } from "./stop-signals.ts";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

/** After so long without any data, a word on what may be the matter. */
const NO_DATA_MS = 10_000;

export interface RunOptions {
  readonly load: () => Promise<LoadedConfig>;
  readonly log: Log;
  /** For what is said whatever the level: the ready line and the ledger of `--log-format json`. */
  readonly announcements: Log;
  readonly terminal: Terminal;
  readonly signals: StopSignals;
  readonly format: "json" | "console";
  readonly quiet: boolean;
  /** Said below the banner. */
  readonly notes: readonly string[];
}

/**
 * Runs a collector until it is told to stop, through any number of reloads; ends when what it held has been delivered or counted.
 * Counters and loss ledger live through reloads. Throws: what loading and opening throw; a reload that fails leaves the old configuration running.
 */
export async function runCollector(options: RunOptions): Promise<void> {
  const { terminal, signals, format, log } = options;
  const meter = new Meter();
  const ledger = new LossLedger();
  let isReloading = false;
  const around = { log, meter, ledger, terminal, isReloading: () => isReloading };
  let loaded = await options.load();
  let open = await openRound(loaded, around);
  announce(loaded, open.endpoints, log, options);
  const noData = setTimeout(() => hintAtSilence(ledger, log, open.endpoints), NO_DATA_MS).unref();
  try {
    while ((await signals.next()) === "reload") {
      const next = await reloaded(options, log);
      if (next === undefined) continue;
      isReloading = true;
      await open[Symbol.asyncDispose]();
      isReloading = false;
      try {
        open = await openRound(next, around);
        loaded = next;
      } catch (error) {
        log.error({ err: error }, "the new configuration could not be opened; going back to the old one");
        open = await openRound(loaded, around);
      }
      announce(loaded, open.endpoints, log, options);
    }
    log.info({}, "stopping: what is held is being delivered (ask again to stop at once)");
  } finally {
    clearTimeout(noData);
    await open[Symbol.asyncDispose]();
  }
  const isWorthTelling = !options.quiet || ledger.droppedRows().length > 0;
  if (format === "json") options.announcements.info(ledgerFields(ledger), "ledger");
  else if (isWorthTelling) terminal.writeError(renderLedgerTable(ledger));
}

interface RoundParts {
  readonly log: Log;
  readonly meter: Meter;
  readonly ledger: LossLedger;
  readonly terminal: Terminal;
  readonly isReloading: () => boolean;
}

interface Round extends AsyncDisposable {
  readonly endpoints: readonly Endpoint[];
}

async function openRound({ config }: LoadedConfig, { log, meter, ledger, terminal, isReloading }: RoundParts): Promise<Round> {
  const endpoints: Endpoint[] = [];
  await using stack = new AsyncDisposableStack();
  const { enabled, host, port } = config.service.telemetry.metrics;
  if (enabled) {
    const { openSelfMetrics } = await import("../web/self-metrics.ts");
    const selfMetrics = stack.use(await openSelfMetrics({ host, port, meter, ledger }));
    endpoints.push({ component: "telemetry", protocol: "metrics", address: selfMetrics.address });
  }
  const listening = (component: string, protocol: string, address: string): void => {
    endpoints.push({ component, protocol, address });
  };
  stack.use(await openCollector(config, { log, meter, ledger, listening, isReloading, stdout: (text) => terminal.writeOut(text) }));
  const opened = stack.move();
  return {
    endpoints: endpoints.toSorted((a, b) => Number(a.component === "telemetry") - Number(b.component === "telemetry")),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function reloaded({ load, terminal, format }: RunOptions, log: Log): Promise<LoadedConfig | undefined> {
  log.info({}, "reloading the configuration");
  try {
    return await load();
  } catch (error) {
    log.error(
      format === "json" ? { err: error, problems: (error as { problems?: unknown }).problems } : {},
      "the new configuration is not valid; the old one stays",
    );
    if (format === "console") terminal.writeError(formatFailure(error, terminal));
    return undefined;
  }
}

function announce(
  loaded: LoadedConfig,
  endpoints: readonly Endpoint[],
  log: Log,
  { terminal, format, quiet, notes, announcements }: RunOptions,
): void {
  for (const warning of loaded.warnings) {
    if (format === "json") log.warn({ problem: warning }, warning.message);
    else if (!quiet) terminal.writeError(`${terminal.style("yellow", "warning")}  ${formatProblem(warning)}\n`);
  }
  if (format === "json") {
    announcements.info({ endpoints: Object.fromEntries(endpoints.map((endpoint) => [endpointKey(endpoint), endpoint.address])) }, "ready");
    return;
  }
  if (quiet) return;
  const sources = loaded.files.length > 0 ? loaded.files : ["given on the command line"];
  terminal.writeError(renderBanner({ version: VERSION, sources, endpoints, config: loaded.config }));
  for (const note of notes) terminal.writeError(`  ${note}\n`);
}

function hintAtSilence(ledger: LossLedger, log: Log, endpoints: readonly Endpoint[]): void {
  if (ledger.receivedRows().length > 0) return;
  const http = endpoints.find(({ protocol }) => protocol === "http");
  const where = http === undefined ? "the address above" : `http://${http.address}`;
  log.info(
    {},
    `nothing has arrived in ${NO_DATA_MS / 1000} s: is the sender's exporter on, and does its OTEL_EXPORTER_OTLP_ENDPOINT name ${where} (without /v1/…)?`,
  );
}
