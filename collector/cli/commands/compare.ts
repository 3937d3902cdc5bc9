import { EXIT, LoadError } from "../../model/errors.ts";
import type { RunLedger } from "../../model/ledger.ts";
import { readLedger } from "../../run/ledger/read-ledger.ts";
import { findRunFile } from "../../run/ledger/run-files.ts";
import { readNoise, writeNoise } from "../load-run/noise-file.ts";
import type { Terminal } from "../terminal.ts";

export interface CompareOptions {
  readonly format: "console" | "json" | "markdown";
  readonly aa?: boolean;
  readonly force?: boolean;
  readonly failOnWorse?: boolean;
  readonly runsDir: string;
}

/**
 * `pitwall compare A B`. Resolves with the exit code: 0, 65 where the runs cannot be compared, 99 with `--fail-on-worse` where something became
 * worse. Throws: E_USAGE, E_RUN_NOT_FOUND, E_LEDGER.
 */
export async function compare(before: string, after: string | undefined, options: CompareOptions, terminal: Terminal): Promise<number> {
  const first = ledgersOf(before, options.runsDir);
  if (options.aa === true) return await measure([...first, ...(after === undefined ? [] : ledgersOf(after, options.runsDir))], options, terminal);
  if (after === undefined) throw new LoadError("E_USAGE", "one run alone has nothing to be compared with: give two, or several with --aa");
  const second = ledgersOf(after, options.runsDir);
  const suite = first[0]?.run.name ?? "";
  const noise = suite === second[0]?.run.name ? readNoise(options.runsDir, suite) : undefined;
  const { compareLedgers, renderComparison, renderComparisonMarkdown } = await import("../load-run/documents.ts");
  const comparison = compareLedgers(first, second, { ...(noise === undefined ? {} : { noise }), isForced: options.force === true });
  const render = { console: renderComparison, markdown: renderComparisonMarkdown, json: (value: unknown) => `${JSON.stringify(value, null, 2)}\n` };
  await terminal.writeOut(render[options.format](comparison));
  if (comparison.state === "refused") {
    terminal.writeError("--force compares all the same\n");
    return EXIT.inconclusive;
  }
  const isWorse = [...comparison.changes, ...comparison.measures].some(({ verdict }) => verdict === "worse");
  return options.failOnWorse === true && isWorse ? EXIT.verdict : EXIT.ok;
}

async function measure(ledgers: readonly RunLedger[], { format, runsDir }: CompareOptions, terminal: Terminal): Promise<number> {
  if (ledgers.length < 2) throw new LoadError("E_USAGE", "--aa needs at least two runs that should be alike; twelve make a good floor");
  const names = [...new Set(ledgers.map(({ run }) => run.name))];
  if (names.length > 1) throw new LoadError("E_USAGE", `--aa is for runs of one name, and these are called ${names.join(", ")}`);
  const { measureNoise, renderNoiseFloors } = await import("../load-run/documents.ts");
  const noise = measureNoise(ledgers);
  writeNoise(runsDir, noise);
  await terminal.writeOut(format === "json" ? `${JSON.stringify(noise, null, 2)}\n` : renderNoiseFloors(noise));
  return EXIT.ok;
}

function ledgersOf(words: string, runsFolder: string): readonly RunLedger[] {
  const names = words
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  if (names.length === 0) throw new LoadError("E_USAGE", `"${words}" names no run: give one, or several with commas between them`);
  return names.map((word) => readLedger(findRunFile(runsFolder, word)));
}
