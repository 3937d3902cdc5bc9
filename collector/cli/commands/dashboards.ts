import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadConfig } from "../../../config/load.ts";
import { registry } from "../../../config/registry.ts";
import { renderStack } from "../../../config/stack/render-stack.ts";
import { DEFAULT_STACK, type StackFile, type StackOptions } from "../../../config/stack/stack-options.ts";
import type { AlertsConfig } from "../../../exporters/alerts/alerts-config.ts";
import { thresholdOptions } from "../../../exporters/alerts/threshold-options.ts";
import type { PrometheusConfig } from "../../../exporters/prometheus/prometheus.ts";
import { alertGroups } from "../../alerts/alert-groups.ts";
import type { AlertOptions } from "../../alerts/alert-options.ts";
import { renderRules } from "../../alerts/render-rules.ts";
import { LoadError } from "../../model/errors.ts";
import { formatHostPort } from "../../pipeline/settings.ts";
import type { Translation } from "../../series/translation.ts";
import { translationOf } from "../../series/translation-settings.ts";
import type { Terminal } from "../terminal.ts";
import type { ConfigOptions } from "./options.ts";
import { type RenamedMetrics, renameDashboard, renamedMetrics, renameRules } from "./renamed-metrics.ts";

/** Folder names below `dashboards/json`, by what the names of the series look like. */
export const NAMINGS = { suffixed: "UnderscoreEscapingWithSuffixes", plain: "UnderscoreEscapingWithoutSuffixes" } as const;
export type Naming = keyof typeof NAMINGS;

export interface DashboardsOptions extends ConfigOptions {
  readonly strategy?: string;
  readonly scrape?: string;
  readonly prometheusPort: number;
  readonly alertmanagerPort: number;
  readonly grafanaPort: number;
  readonly network: StackOptions["network"];
  readonly webhook?: string;
  readonly tempo?: string;
  /** Stands before `docs/runbooks/<Alert>.md`; ends with a slash. */
  readonly runbooks?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/**
 * `pitwall dashboards FOLDER`: writes dashboards, alert rules and the configuration of Prometheus, Alertmanager and Grafana for the names, the
 * port and the thresholds that the given configuration has. Prints the paths. Files of somebody else are left alone unless `--force`; what has been changed in
 * ours is kept beside the new one as `.bak`.
 *
 * Throws: E_USAGE where no dashboards exist for the strategy, E_CONFIG_INVALID for thresholds that no rule can have, E_FILE where the folder cannot be written or holds other files of these names.
 */
export async function dashboards(folder: string, options: DashboardsOptions, terminal: Terminal): Promise<number> {
  const seen = await seenFrom(options, terminal.env);
  const strategy = options.strategy ?? seen.translation.strategy;
  const naming = namingOf(strategy);
  const renamed = renamedMetrics(naming, { ...seen.translation, strategy: NAMINGS[naming] });
  const files = [
    ...stackFiles(rulesFor(naming, renamed, options, seen.alerts), options, { ...seen, scrape: options.scrape ?? seen.scrape }),
    ...shipped(`dashboards/json/${naming}`, "dashboards").map(({ path, text }) => ({ path, text: renameDashboard(text, renamed) })),
  ];
  if (options.force !== true) refuseForeign(folder, files);
  for (const { path, text } of files) {
    const target = join(folder, path);
    if (options.dryRun !== true) {
      keepChanged(target, text);
      write(target, text);
    }
    await terminal.writeOut(`${target}\n`);
  }
  if (options.dryRun !== true) terminal.writeError(nextSteps(folder, options));
  return 0;
}

interface Seen {
  /** How the scrape endpoint names metrics. */
  readonly translation: Translation;
  /** Of the first `alerts` exporter, if there is one. */
  readonly alerts: AlertsConfig | undefined;
  readonly scrape: string;
  readonly path: string;
  readonly self: string | undefined;
}

const CATALOGUE_NAMES: Translation = { strategy: NAMINGS.suffixed, namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true };

/**
 * Names and address of the first `prometheus` exporter of the configuration, the thresholds of its `alerts` exporter, and where its own metrics
 * are; the defaults without a configuration.
 */
async function seenFrom(options: ConfigOptions, env: Terminal["env"]): Promise<Seen> {
  const sources = options.config ?? [];
  if (sources.length === 0) {
    return {
      translation: CATALOGUE_NAMES,
      alerts: undefined,
      scrape: DEFAULT_STACK.scrapeTarget,
      path: "/metrics",
      self: DEFAULT_STACK.selfTarget,
    };
  }
  const { config } = await loadConfig({ sources, sets: options.set ?? [], env, catalogue: registry });
  const exporterOf = (type: string) => [...config.exporters.values()].find(({ definition }) => definition.type === type);
  const found = exporterOf("prometheus");
  if (found === undefined) {
    throw new LoadError("E_USAGE", "the configuration has no prometheus exporter", {
      hint: "Add one, or say --strategy and --scrape yourself and leave --config out.",
    });
  }
  const prometheus = found.config as PrometheusConfig;
  const { endpoint, path, namespace } = prometheus;
  if (namespace !== "") {
    throw new LoadError("E_USAGE", `there are no dashboards for names with the namespace ${JSON.stringify(namespace)}`, {
      hint: "Leave `namespace` out of the prometheus exporter, or of a second one that comes before it.",
    });
  }
  const { metrics } = config.service.telemetry;
  return {
    translation: translationOf(prometheus),
    alerts: exporterOf("alerts")?.config as AlertsConfig | undefined,
    scrape: fromHere(endpoint),
    path,
    self: metrics.enabled ? fromHere(metrics) : undefined,
  };
}

/** Who listens on all interfaces is reached on the loopback. */
function fromHere({ host, port }: { readonly host: string; readonly port: number }): string {
  return formatHostPort({ host: host === "" || host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port });
}

function namingOf(strategy: string): Naming {
  const found = (Object.keys(NAMINGS) as Naming[]).find((naming) => NAMINGS[naming] === strategy);
  if (found !== undefined) return found;
  throw new LoadError("E_USAGE", `there are no dashboards for names of the strategy ${strategy}`, {
    hint: `Use ${Object.values(NAMINGS).join(" or ")}, on a second prometheus exporter if need be.`,
  });
}

/** Prometheus sees a value no more often than this, however often it is sent (config/stack/prometheus-config.ts). */
const SCRAPE_INTERVAL_MS = 5000;

/** The rules as they are shipped, with what the configuration and the call say otherwise. */
function rulesFor(naming: Naming, renamed: RenamedMetrics, { config, runbooks }: DashboardsOptions, alerts: AlertsConfig | undefined): string {
  const given: AlertOptions = {
    strategy: NAMINGS[naming],
    ...(alerts === undefined
      ? {}
      : { ...thresholdOptions(alerts.thresholds), sampleIntervalMs: Math.max(alerts.sample_interval, SCRAPE_INTERVAL_MS) }),
    ...(runbooks === undefined ? {} : { runbookBaseUrl: runbooks }),
  };
  const isShipped = (config ?? []).length === 0 && runbooks === undefined;
  try {
    return renderRules(renameRules(alertGroups(given), renamed), isShipped ? undefined : RULES_ORIGIN);
  } catch (error) {
    if (error instanceof RangeError) throw new LoadError("E_CONFIG_INVALID", `thresholds: ${error.message}`, { cause: error });
    throw error;
  }
}

const RULES_ORIGIN = "Written by `pitwall dashboards`. Thresholds are those of the configuration's alerts exporter; runbooks say what to do.";

function stackFiles(rules: string, options: DashboardsOptions, { scrape, path, self }: Seen): readonly StackFile[] {
  const stack: StackOptions = {
    scrapeTarget: scrape,
    scrapePath: path,
    selfTarget: self,
    ports: { prometheus: options.prometheusPort, alertmanager: options.alertmanagerPort, grafana: options.grafanaPort },
    network: options.network,
    webhookUrl: options.webhook,
    tempoUrl: options.tempo,
  };
  return renderStack(stack, { rules, dashboardsFolder: "./dashboards" });
}

/** The JSON files of the package's own folder. */
function shipped(folder: string, target: string): readonly StackFile[] {
  return readdirSync(join(home(), folder))
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ path: `${target}/${name}`, text: readFileSync(join(home(), folder, name), "utf8") }));
}

/** The package's root, from the sources as from the bundle. */
function home(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** What was written by an earlier call says so in its first line, or is a dashboard of ours. */
function refuseForeign(folder: string, files: readonly StackFile[]): void {
  const foreign = files.filter(({ path, text }) => {
    const target = join(folder, path);
    if (!existsSync(target)) return false;
    const current = readFileSync(target, "utf8");
    return current !== text && !OURS.test(current);
  });
  if (foreign.length === 0) return;
  throw new LoadError("E_FILE", `not written by Pitwall, and in the way: ${foreign.map(({ path }) => join(folder, path)).join(", ")}`, {
    hint: "Choose another folder, or say --force to replace them.",
  });
}

const OURS = /^# Written by `pitwall dashboards`|"uid": "loadtest-|^# Generated by/;

/** Somebody may have put a receiver of his own into a file of ours. */
function keepChanged(target: string, text: string): void {
  if (existsSync(target) && readFileSync(target, "utf8") !== text) write(`${target}.bak`, readFileSync(target, "utf8"));
}

function write(target: string, text: string): void {
  try {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  } catch (error) {
    throw new LoadError("E_FILE", `${target}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function nextSteps(folder: string, { grafanaPort, prometheusPort, webhook }: DashboardsOptions): string {
  const alerts =
    webhook === undefined ? "alerts are shown by Prometheus and delivered nowhere (--webhook URL)" : `alerts go to ${new URL(webhook).host}`;
  return `
Start them:  docker compose --file ${join(folder, "compose.yaml")} up --detach
Grafana:     http://127.0.0.1:${grafanaPort} (no login needed to look)
Prometheus:  http://127.0.0.1:${prometheusPort}; ${alerts}
`;
}
