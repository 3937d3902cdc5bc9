import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDurationMs } from "../../pipeline/settings.ts";
import { IMPORT_FORMATS } from "../load-import/import-formats.ts";
import { API_ENDPOINT, RUNS_FOLDER, type RunOptions } from "../load-run/run-options.ts";
import type { Terminal } from "../terminal.ts";
import type { CompareOptions } from "./compare.ts";
import type { ImportOptions } from "./import.ts";
import type { MarkOptions } from "./mark.ts";
import type { NginxFormatOptions } from "./nginx-format.ts";
import { examples } from "./options.ts";
import type { ReportOptions } from "./report.ts";
import type { RunsOptions } from "./runs.ts";

interface Parts {
  readonly terminal: Terminal;
  readonly forceExit: (code: number) => void;
  readonly finished: (code: number) => void;
}

const EXIT_CODES = `Exit codes: 0 passed; 99 failed; 65 could not be judged (with --require-verdict); the command's own where that fails;
64 usage; 78 thresholds or configuration; 69 port, target, command or file not available; 130 and 143 stopped by a signal.`;
const MAX_WAIT_MS = 86_400_000;
const GATE_PRESETS = ["smoke", "baseline", "spike"] as const;

/** Adds the commands about load runs: run, mark, report, runs, import, compare, nginx-format. What does the work is loaded when it is called. */
export function registerRuns(program: Command, parts: Parts): void {
  registerRun(program, parts);
  registerMark(program, parts);
  registerReport(program, parts);
  registerList(program, parts);
  registerImport(program, parts);
  registerCompare(program, parts);
  registerNginxFormat(program, parts);
}

function registerRun(program: Command, { terminal, forceExit, finished }: Parts): void {
  const command = program
    .command("run")
    .description("Run a load generator and say which hop lost the requests and which spent the time.")
    .argument("[command...]", "the load generator, after `--`; options of `pitwall run` come before it")
    .passThroughOptions()
    .option("--name <name>", "what the run is called", "run")
    .option("--label <key=value>", "something to find and compare it by (repeatable)", collect)
    .option("--dataset <name>", "which data the target holds; runs over different data are not compared")
    .option("--target <url>", "what is under test (default: BASE_URL)");
  gateOptions(command)
    .option("--nginx-log <path>", "access log to follow; a pattern with * is allowed (repeatable)", collect)
    .option("--process <name>", "process of this machine whose memory, threads and descriptors are followed (repeatable)", collect)
    .option("--endpoint-rule <pattern=name>", "names endpoints that no route names: '/works/\\d+=/works/{id}' (repeatable)", collect)
    .addOption(new Option("--before <duration>", "how long the rest before the load is sampled").argParser(duration).default(5000, "5s"))
    .addOption(
      new Option("--after <duration>", "how long after it; memory is only judged with 60s or more").argParser(duration).default(10_000, "10s"),
    )
    .addOption(new Option("--settle <duration>", "how much longer to wait for telemetry at most").argParser(duration).default(30_000, "30s"))
    .option("--api <host:port>", "the run API of a collector; where nobody listens, one is started here", API_ENDPOINT)
    .option("--token <token>", "for a run API that wants one (also: PITWALL_TOKEN)")
    .option("--otlp <host:port>", "OTLP/HTTP of a collector that listens already (default: the API's host, port 4318)")
    .option("--otlp-http <host:port>", "OTLP/HTTP of the collector that is started here; port 0 takes a free one", "127.0.0.1:4318")
    .option("--otlp-grpc <host:port>", "its OTLP/gRPC", "127.0.0.1:4317")
    .option("-c, --config <source>", "merged over the configuration of the collector that is started here (repeatable)", collect)
    .option("--set <key=value>", "overrides one value of it (repeatable)", collect)
    .addOption(new Option("--temporality <kind>", "of the metrics that the generator sends").choices(["cumulative", "delta"]).default("cumulative"))
    .option("--no-k6-json", "do not have k6 write its single requests to a file")
    .option("--keep-k6-output", "keep that file; without it, it is removed at the end")
    .option("--no-k6-otlp", "do not have k6 send its metrics by OTLP")
    .option("--no-host", "do not read figures of this machine");
  outputOptions(command)
    .option("--require-verdict", "exit with 65 where the run cannot be judged")
    .option("-q, --quiet", "no progress; only the report")
    .option("--no-color", "plain text (also: NO_COLOR=1)")
    .action(async (words: readonly string[], options: RunOptions) => {
      const { run } = await import("./run.ts");
      const token = options.token ?? terminal.env["PITWALL_TOKEN"];
      finished(await run(words, token === undefined ? options : { ...options, token }, terminal, forceExit));
    });
  command.addHelpText("after", `\n${EXIT_CODES}`);
  examples(command, [
    "pitwall run --name smoke -- k6 run script.js",
    "pitwall run --name spike --label scenario=spike --preset spike --nginx-log /var/log/nginx/access.log -- k6 run script.js",
    "pitwall run --name soak --before 30s --after 2m --process api-server --threshold 'trend(rss)' -- k6 run script.js",
    "pitwall run --name curl -- sh -c 'for i in 1 2 3; do curl -s http://127.0.0.1:8082/healthz; done'",
  ]);
}

function registerMark(program: Command, { terminal, finished }: Parts): void {
  const command = program
    .command("mark")
    .description("Mark this moment of the run that is open: a fault put in, a restart.")
    .argument("<text>", "what happened")
    .option("--label <key=value>", "more about it (repeatable)", collect)
    .addOption(
      new Option("--api <host:port>", "the run API; a command of `pitwall run` has it in its environment").default(API_ENDPOINT).env("PITWALL_API"),
    )
    .option("--token <token>", "for a run API that wants one (also: PITWALL_TOKEN)")
    .action(async (text: string, options: MarkOptions) => {
      const { mark } = await import("./mark.ts");
      const token = options.token ?? terminal.env["PITWALL_TOKEN"];
      finished(await mark(text, token === undefined ? options : { ...options, token }, terminal));
    });
  examples(command, ['pitwall mark "redis stopped"', 'pitwall mark "deployed" --label version=1.4.2']);
}

function registerReport(program: Command, { terminal, finished }: Parts): void {
  const command = program
    .command("report")
    .description("Judge a run anew and write its report; finishes a run whose recording broke off.")
    .argument("[run]", "id, its beginning, a name, `latest`, or a ledger file", "latest")
    .addOption(
      new Option("--format <format>", "what is printed; the files are always written")
        .choices(["console", "json", "markdown", "junit"])
        .default("console"),
    );
  gateOptions(command).option("--endpoint-rule <pattern=name>", "names endpoints that no route names (repeatable)", collect);
  outputOptions(command)
    .option("--require-verdict", "exit with 65 where the run cannot be judged")
    .action(async (word: string, options: ReportOptions) => finished(await (await import("./report.ts")).report(word, options, terminal)));
  examples(command, ["pitwall report", "pitwall report spike --threshold 'p95 < 800ms' --junit report.xml"]);
}

function registerList(program: Command, { terminal, finished }: Parts): void {
  const command = program
    .command("runs")
    .description("List the runs that are kept.")
    .option("--json", "as JSON")
    .addOption(runsFolder())
    .action(async (options: RunsOptions) => finished(await (await import("./runs.ts")).runs(options, terminal)));
  examples(command, ["pitwall runs", "pitwall runs --json"]);
}

function registerImport(program: Command, { terminal, finished }: Parts): void {
  const command = program
    .command("import")
    .description("Add recorded files to a run: k6, nginx, wrk, ab, Locust, vegeta and others, OTLP recordings, or any table.")
    .argument("<run>", "id, its beginning, a name, `latest`; with --new the name of a new run")
    .argument("<file...>", "recorded files, plain, .gz or .zst")
    .option("--new", "make a new run of these files")
    .option("--format <format>", "name of the format (default: by content)")
    .option("--mapping <file>", "how any CSV, NDJSON or JSON is to be read (YAML), or websocket-tester, websocket-memory")
    .addOption(new Option("--began <time>", "when the load began, for files with times since then (RFC 3339)").argParser(moment))
    .option("--label <key=value>", "of a new run (repeatable)", collect)
    .option("--dataset <name>", "of a new run")
    .option("--target <url>", "of a new run");
  gateOptions(command)
    .addOption(runsFolder())
    .action(async (word: string, files: readonly string[], options: ImportOptions) =>
      finished(await (await import("./import.ts")).importRun(word, files, options, terminal)),
    );
  command.addHelpText("after", `\nFormats: ${IMPORT_FORMATS.join(", ")}.`);
  examples(command, ["pitwall import spike access.log", "pitwall import --new nightly k6.json access.log server.otlp.jsonl"]);
}

function registerCompare(program: Command, { terminal, finished }: Parts): void {
  const command = program
    .command("compare")
    .description("Say what is different between two runs, or two groups of runs, and what cannot be told.")
    .argument("<before>", "a run, or several with commas between them")
    .argument("[after]", "likewise; not needed with --aa")
    .addOption(new Option("--format <format>", "what is printed").choices(["console", "json", "markdown"]).default("console"))
    .option("--aa", "these runs are alike: measure how far such runs differ, and keep that as the noise floor")
    .option("--force", "compare although the runs were made under different conditions")
    .option("--fail-on-worse", "exit with 99 where something became worse")
    .addOption(runsFolder())
    .action(async (before: string, after: string | undefined, options: CompareOptions) =>
      finished(await (await import("./compare.ts")).compare(before, after, options, terminal)),
    );
  examples(command, ["pitwall compare spike-old spike-new", "pitwall compare a1,a2,a3,a4 b1,b2,b3,b4", "pitwall compare --aa a1,a2,a3,a4"]);
}

function registerNginxFormat(program: Command, { terminal, finished }: Parts): void {
  const command = program
    .command("nginx-format")
    .description("Print the log_format that an nginx needs so that its times can be joined with the other hops'.")
    .addOption(new Option("--format <format>", "key=value text, or JSON").choices(["timing", "json"]).default("timing"))
    .action(async (options: NginxFormatOptions) => finished(await (await import("./nginx-format.ts")).nginxFormat(options, terminal)));
  examples(command, ["pitwall nginx-format", "pitwall nginx-format --format json > /etc/nginx/conf.d/pitwall-log.conf"]);
}

function gateOptions(command: Command): Command {
  return command
    .option("--threshold <expression>", "what must hold: 'p95 < 800ms', 'proxy 502 == 0' (repeatable)", collect)
    .option("--thresholds <file>", "thresholds in YAML, for the whole run and per phase")
    .addOption(new Option("--preset <name>", "ready-made thresholds").choices([...GATE_PRESETS]));
}

function outputOptions(command: Command): Command {
  return command
    .option("--out <folder>", "where report.html, .md and .json go (default: a folder beside the ledger)")
    .option("--junit <file>", "also as JUnit XML")
    .addOption(runsFolder());
}

function runsFolder(): Option {
  return new Option("--runs-dir <folder>", "where the ledgers are").default(RUNS_FOLDER);
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 0) throw new InvalidArgumentError("It must be a duration like 30s.");
  if (ms > MAX_WAIT_MS) throw new InvalidArgumentError("It must be a day at most.");
  return ms;
}

function moment(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("It must be a time like 2026-05-12T04:51:00+08:00.");
  return ms;
}
