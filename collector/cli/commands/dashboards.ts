import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadConfig } from "../../../config/load.ts";
import { registry } from "../../../config/registry.ts";
import { renderStack } from "../../../config/stack/render-stack.ts";
import { DEFAULT_STACK, type StackFile, type StackOptions } from "../../../config/stack/stack-options.ts";
import type { PrometheusConfig } from "../../../exporters/prometheus/prometheus.ts";
import { LoadError } from "../../model/errors.ts";
import { formatHostPort } from "../../pipeline/settings.ts";
import type { Terminal } from "../terminal.ts";
import type { ConfigOptions } from "./options.ts";

/** Folder names below `dashboards/json` and `config/alerts`, by what the names of the series look like. */
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
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/**
 * `pitwall dashboards FOLDER`: writes dashboards, alert rules and the configuration of Prometheus, Alertmanager and Grafana for the names and
 * the port that the given configuration has. Prints the paths. Files that somebody has changed are left alone unless `--force`.
 *
 * Throws: E_USAGE where no dashboards exist for the strategy, E_FILE where the folder cannot be written or holds other files of these names.
 */
export async function dashboards(folder: string, options: DashboardsOptions, terminal: Terminal): Promise<number> {
  const seen = await seenFrom(options, terminal.env);
  const naming = namingOf(options.strategy ?? seen.strategy);
  const files = [
    ...stackFiles(naming, options, { ...seen, scrape: options.scrape ?? seen.scrape }),
    ...shipped(`dashboards/json/${naming}`, "dashboards"),
  ];
  if (options.force !== true) refuseForeign(folder, files);
  for (const { path, text } of files) {
    const target = join(folder, path);
    if (options.dryRun !== true) write(target, text);
    await terminal.writeOut(`${target}\n`);
  }
  if (options.dryRun !== true) terminal.writeError(nextSteps(folder, options));
  return 0;
}

interface Seen {
  readonly strategy: string;
  readonly scrape: string;
  readonly self: string | undefined;
}

/** Strategy and address of the first `prometheus` exporter of the configuration, and of its own metrics; the defaults without a configuration. */
async function seenFrom(options: ConfigOptions, env: Terminal["env"]): Promise<Seen> {
  const sources = options.config ?? [];
  const fallback: Seen = { strategy: NAMINGS.suffixed, scrape: DEFAULT_STACK.scrapeTarget, self: DEFAULT_STACK.selfTarget };
  if (sources.length === 0) return fallback;
  const { config } = await loadConfig({ sources, sets: options.set ?? [], env, catalogue: registry });
  const found = [...config.exporters.values()].find(({ definition }) => definition.type === "prometheus");
  if (found === undefined) {
    throw new LoadError("E_USAGE", "the configuration has no prometheus exporter", {
      hint: "Add one, or say --strategy and --scrape yourself and leave --config out.",
    });
  }
  const { endpoint, translation_strategy, add_metric_suffixes } = found.config as PrometheusConfig;
  const { metrics } = config.service.telemetry;
  return {
    strategy: translation_strategy ?? (add_metric_suffixes ? NAMINGS.suffixed : NAMINGS.plain),
    scrape: fromHere(endpoint),
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

function stackFiles(naming: Naming, options: DashboardsOptions, { scrape, self }: Seen): readonly StackFile[] {
  const stack: StackOptions = {
    scrapeTarget: scrape,
    selfTarget: self,
    ports: { prometheus: options.prometheusPort, alertmanager: options.alertmanagerPort, grafana: options.grafanaPort },
    network: options.network,
    webhookUrl: options.webhook,
    tempoUrl: options.tempo,
  };
  const rules = readFileSync(join(home(), RULES[naming]), "utf8");
  return renderStack(stack, { rules, dashboardsFolder: "./dashboards" });
}

const RULES: Readonly<Record<Naming, string>> = {
  suffixed: "config/alerts/loadtest.rules.yaml",
  plain: "config/alerts/loadtest.without-suffixes.rules.yaml",
};

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

function write(target: string, text: string): void {
  try {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  } catch (error) {
    throw new LoadError("E_FILE", `${target}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function nextSteps(folder: string, { grafanaPort, prometheusPort, webhook }: DashboardsOptions): string {
  const alerts = webhook === undefined ? "alerts are shown by Prometheus and delivered nowhere (--webhook URL)" : `alerts go to ${webhook}`;
  return `
Start them:  docker compose --file ${join(folder, "compose.yaml")} up --detach
Grafana:     http://127.0.0.1:${grafanaPort} (no login needed to look)
Prometheus:  http://127.0.0.1:${prometheusPort}; ${alerts}
`;
}
