import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LoadError } from "../../model/errors.ts";
import type { NoiseFloors } from "../../report/compare/comparison.ts";

/** Beside the ledgers, so that it goes where they go. */
const FILE = "noise-floors.json";

const floors = z.object({
  suite: z.string(),
  runs: z.array(z.string()),
  pairs: z.number(),
  pairsCalledDifferent: z.number(),
  floors: z.array(z.object({ endpoint: z.string(), metric: z.enum(["failed", "p50", "p95", "p99"]), usual: z.number(), largest: z.number() })),
});
const file = z.object({ version: z.literal(1), suites: z.record(z.string(), floors) });

/** Of the suite; undefined where it was never measured. Throws: E_LEDGER for a file that is not ours. */
export function readNoise(folder: string, suite: string): NoiseFloors | undefined {
  return Object.hasOwn(allOf(folder), suite) ? allOf(folder)[suite] : undefined;
}

/** Replaces what was measured of this suite before. */
export function writeNoise(folder: string, noise: NoiseFloors): void {
  const suites = { ...allOf(folder), [noise.suite]: noise };
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, FILE), `${JSON.stringify({ version: 1, suites }, null, 1)}\n`);
  } catch (error) {
    throw new LoadError("E_LEDGER", `${join(folder, FILE)} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function allOf(folder: string): Readonly<Record<string, NoiseFloors>> {
  const path = join(folder, FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return {};
  }
  try {
    return file.parse(JSON.parse(text)).suites;
  } catch (error) {
    throw new LoadError("E_LEDGER", `${path} is no file of noise floors`, {
      cause: error,
      hint: "Remove it, and measure again with `pitwall compare --aa`.",
    });
  }
}
