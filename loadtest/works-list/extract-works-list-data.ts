import { readFileSync } from "node:fs";
import { EXTRACT_USAGE, type ExtractArguments, parseExtractArguments, UsageError } from "./extract-arguments.ts";
import { extractWorks, sampleWorks } from "./extract-works.ts";
import { formatCounts, formatLeftOut } from "./extraction-report.ts";
import { parseMigration } from "./parse-migration.ts";
import { keyedPseudonyms } from "./pseudonyms.ts";
import { WorksInputError } from "./works-input-error.ts";
import { readKey } from "./works-key.ts";
import { writeAll } from "./write-all.ts";

/** `npm run loadtest:extract-works`. Counts go to stdout, the rest to stderr. Exit 0, 64 usage, 78 bad input, 70 our fault. */
const EXIT_USAGE = 64;
const EXIT_INTERNAL = 70;
const EXIT_INPUT = 78;

process.exitCode = main();

function main(): number {
  try {
    const given = parseExtractArguments(process.argv.slice(2), process.env);
    if (given === "help") process.stdout.write(EXTRACT_USAGE);
    else extract(given);
    return 0;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError) {
      process.stderr.write(`${text}\n\n${EXTRACT_USAGE}`);
      return EXIT_USAGE;
    }
    const isInput = error instanceof WorksInputError || (error instanceof Error && "syscall" in error) || isTooLong(error);
    process.stderr.write(`${isInput || !(error instanceof Error) ? text : (error.stack ?? text)}\n`);
    return isInput ? EXIT_INPUT : EXIT_INTERNAL;
  }
}

function extract({ input, output, sampleOutput, key: source, sampleRows, tables }: ExtractArguments): void {
  const migration = parseMigration(readFileSync(input, "utf8"), input);
  const { key, isNew } = readKey(source);
  const { document, leftOut } = extractWorks(migration, keyedPseudonyms(key), input, tables);
  const sample = sampleOutput === undefined ? undefined : { file: sampleOutput, document: sampleWorks(document, sampleRows) };
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  writeAll([{ file: output, text: json(document) }, ...(sample === undefined ? [] : [{ file: sample.file, text: json(sample.document) }])]);

  if (isNew && "file" in source) process.stderr.write(`A key was made: ${source.file}. Keep it, and keep it private: it ties pseudonyms to ids.\n`);
  const remains = formatLeftOut(leftOut);
  if (remains !== "") process.stderr.write(`${remains}\n`);
  process.stdout.write(`${formatCounts(output, document)}\n`);
  if (sample !== undefined) process.stdout.write(`${formatCounts(sample.file, sample.document)}\n`);
}

/** Above about 512 MB V8 has no string for a file. */
function isTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STRING_TOO_LONG";
}
