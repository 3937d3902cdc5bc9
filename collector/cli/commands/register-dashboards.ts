import { type Command, InvalidArgumentError, Option } from "commander";
import { TRANSLATION_STRATEGIES } from "../../wire/prometheus-name.ts";
import type { Terminal } from "../terminal.ts";
import type { DashboardsOptions } from "./dashboards.ts";
import { addConfigOptions, examples } from "./options.ts";

const DEFAULT_FOLDER = "pitwall-dashboards";

/** Adds `pitwall dashboards`. What does the work is loaded when it is called. */
export function registerDashboards(program: Command, parts: { readonly terminal: Terminal; readonly finished: (code: number) => void }): void {
  const command = program
    .command("dashboards")
    .description("Write dashboards, alert rules and a compose file for Prometheus, Alertmanager and Grafana.")
    .argument("[folder]", "where to", DEFAULT_FOLDER)
    .addOption(new Option("--strategy <name>", "how metrics are named (default: the configuration's)").choices(TRANSLATION_STRATEGIES))
    .addOption(new Option("--scrape <host:port>", "Pitwall's scrape endpoint (default: the configuration's, else 127.0.0.1:9464)").argParser(address))
    .addOption(new Option("--prometheus-port <port>", "where Prometheus is to listen").argParser(port).default(9090))
    .addOption(new Option("--alertmanager-port <port>", "where Alertmanager is to listen").argParser(port).default(9093))
    .addOption(new Option("--grafana-port <port>", "where Grafana is to listen").argParser(port).default(3000))
    .addOption(
      new Option("--network <kind>", "host: the machine's own (Linux); bridge: for Docker Desktop").choices(["host", "bridge"]).default("host"),
    )
    .addOption(new Option("--webhook <url>", "where Alertmanager delivers alerts").argParser(httpUrl))
    .addOption(new Option("--tempo <url>", "Tempo, to make exemplars links to traces").argParser(httpUrl))
    .addOption(new Option("--runbooks <url>", "what stands before docs/runbooks/<Alert>.md in the alerts (default: nothing)").argParser(baseUrl))
    .option("--dry-run", "only print the paths")
    .option("--force", "replace files that Pitwall has not written")
    .action(async (folder: string, options: DashboardsOptions) => {
      const { dashboards } = await import("./dashboards.ts");
      parts.finished(await dashboards(folder, options, parts.terminal));
    });
  addConfigOptions(command);
  examples(command, [
    "pitwall dashboards",
    "pitwall dashboards --config collector.yaml --webhook http://127.0.0.1:8080/alerts",
    "pitwall dashboards --config collector.yaml --runbooks https://git.example.org/team/pitwall/blob/main",
    "pitwall dashboards ./grafana --strategy UnderscoreEscapingWithoutSuffixes --grafana-port 3001",
  ]);
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError("It must be a port, 1 to 65535.");
  return value;
}

function address(text: string): string {
  if (!/^(\[[0-9a-fA-F:]+\]|[^:\s/]+):\d{1,5}$/.test(text)) throw new InvalidArgumentError("It must be host:port.");
  return text;
}

function baseUrl(text: string): string {
  return httpUrl(text).replace(/\/*$/, "/");
}

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError("It must be a URL like http://127.0.0.1:8080/alerts.");
  return text;
}
