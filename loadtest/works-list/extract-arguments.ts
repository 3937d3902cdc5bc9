import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { WORKS_TABLES, type WorksTable } from "../k6/works-document.ts";
import type { KeySource } from "./works-key.ts";

export interface ExtractArguments {
  readonly input: string;
  readonly output: string;
  readonly sampleOutput: string | undefined;
  readonly key: KeySource;
  /** Rows of each table in the sample. */
  readonly sampleRows: number;
  readonly tables: readonly WorksTable[];
}

const OWN_KEY_FILE = fileURLToPath(new URL("../k6/data/works-list.local.key", import.meta.url));

export const EXTRACT_USAGE = `usage: npm run loadtest:extract-works -- --input FILE --output FILE [--sample-output FILE] [--sample N] [--table NAME]... [--key FILE]

Takes the data of a works-list load test out of a SpacetimeDB migration (JSON). Only these tables, and of them only columns that are listed in
loadtest/works-list/works-columns.ts: ${WORKS_TABLES.join(", ")}.

  --input FILE          the migration; stays where it is
  --output FILE         all works, with pseudonyms for identifiers and made-up texts; keep it out of git (*.local.json is)
  --sample-output FILE  a few of them
  --sample N            how many of each table (default 3)
  --table NAME          only this table; may be given more than once
  --key FILE            key of the pseudonyms, else WORKS_LIST_KEY, else loadtest/k6/data/works-list.local.key, which is made when missing
`;

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws UsageError */
export function parseExtractArguments(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ExtractArguments | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const { input, output } = values;
  if (input === undefined || output === undefined) throw new UsageError(`${input === undefined ? "--input" : "--output"} FILE is missing`);
  const sampleOutput = values["sample-output"];
  const key = keySource(values.key, env["WORKS_LIST_KEY"]);
  refuseSameFile({ "--input": input, "--output": output, "--sample-output": sampleOutput, "the key": "file" in key ? key.file : undefined });
  return { input, output, sampleOutput, key, sampleRows: sampleRows(values.sample), tables: tables(values.table) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        input: { type: "string" },
        output: { type: "string" },
        "sample-output": { type: "string" },
        sample: { type: "string", default: "3" },
        table: { type: "string", multiple: true, default: [] },
        key: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function keySource(file: string | undefined, text: string | undefined): KeySource {
  if (file !== undefined) return { from: "file", file };
  return text === undefined || text === "" ? { from: "own file", file: OWN_KEY_FILE } : { from: "environment", text };
}

function sampleRows(text: string): number {
  const rows = Number(text);
  if (text.trim() !== "" && Number.isInteger(rows) && rows >= 1 && rows <= 1000) return rows;
  throw new UsageError(`--sample ${text}: give a whole number from 1 to 1000`);
}

function tables(names: readonly string[]): readonly WorksTable[] {
  if (names.length === 0) return WORKS_TABLES;
  return names.map((name) => {
    const table = WORKS_TABLES.find((allowed) => allowed === name);
    if (table === undefined) throw new UsageError(`--table ${name}: this table may not be taken. Allowed: ${WORKS_TABLES.join(", ")}`);
    return table;
  });
}

/** The input would be overwritten, or one output by the other. */
function refuseSameFile(files: Readonly<Record<string, string | undefined>>): void {
  const taken = new Map<string, string>();
  for (const [name, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const place = placeOf(file);
    const other = taken.get(place);
    if (other !== undefined) throw new UsageError(`${other} and ${name} are the same file: ${file}`);
    taken.set(place, name);
  }
}

function placeOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return join(realFolder(dirname(resolve(file))), basename(file));
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
