import { type GoldenCase, readCases } from "./golden/read-cases.ts";
import { runCase } from "./golden/run-case.ts";

/**
 * Runs files of golden cases (naming and mapping of OTLP metrics into Prometheus) through the code of the product, and ends with
 * `N passed, M failed`. Exit code 1 where a case fails, 64 without a file, 69 where a file cannot be read.
 */
const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write("usage: npm run golden -- FILE…\n");
  process.exit(64);
}

let cases: readonly GoldenCase[] = [];
try {
  cases = files.flatMap(readCases);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(69);
}

let failed = 0;
for (const one of cases) {
  const { passed, got, problem } = await runCase(one);
  if (passed) continue;
  failed++;
  process.stdout.write(`${one.id} ${one.kind}${problem === "" ? "" : `: ${problem}`}\n`);
  process.stdout.write(`  input    ${JSON.stringify(one.input)}\n  expected ${JSON.stringify(one.expected)}\n  got      ${JSON.stringify(got)}\n`);
  if (one.note !== "") process.stdout.write(`  note     ${one.note}\n`);
}
process.stdout.write(`${cases.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
