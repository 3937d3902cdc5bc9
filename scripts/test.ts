import { existsSync, globSync } from "node:fs";
import { isInstalled } from "../test/peers/peers.ts";
import { SUITES } from "../test/peers/suites.ts";
import { completeInstall } from "./test/complete-install.ts";
import type { VitestOutcome } from "./test/judge-report.ts";
import { runCheck } from "./test/run-check.ts";
import { runVitest } from "./test/run-vitest.ts";

/** `npm test`: type check, lint, freshness of generated files, then the tests; with paths, only those tests. The last line is `N passed, M failed`. */

/** Here processes are started and load is made: one file at a time. */
const ONE_AT_A_TIME = ["test/interop/", "test/e2e/", "test/browser/"];

const inCi = process.env["CI"] === "true";
const paths = process.argv.slice(2);
const failures: string[] = [];
let passed = 0;

completeInstall();
if (paths.length === 0) {
  await check("type check", ["node_modules/typescript/bin/tsc", "--noEmit"]);
  await check("lint and format", [
    "node_modules/@biomejs/biome/bin/biome",
    "ci",
    "--diagnostic-level=warn",
    "--error-on-warnings",
    ...(process.stdout.isTTY ? [] : ["--colors=off"]),
  ]);
  await check("generated files are fresh", ["scripts/gen.ts", "--check"]);
}

const missing = Object.entries(SUITES).flatMap(([file, peers]) => {
  const absent = peers.filter((peer) => !isInstalled(peer));
  return absent.length === 0 || !existsSync(file) ? [] : [{ file, peers: absent }];
});
const files = globSync("test/**/*.test.ts")
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path.replace(/^\.\//, ""))))
  .filter((file) => !missing.some((suite) => suite.file === file))
  .sort();
const together = files.filter((file) => !ONE_AT_A_TIME.some((folder) => file.startsWith(folder)));
const alone = files.filter((file) => !together.includes(file));

if (together.length > 0) add(await runVitest("parallel", together, ["--maxWorkers=2"]));
if (alone.length > 0) add(await runVitest("sequential", alone, ["--no-file-parallelism"]));

const didNotRun = missing.filter(({ file }) => paths.length === 0 || paths.some((path) => file.startsWith(path.replace(/^\.\//, ""))));
if (files.length === 0 && didNotRun.length === 0) failures.push(`no test file matches ${paths.join(" ")}`);
for (const { file, peers } of didNotRun) {
  console.log(`did not run: ${file} (${peers.join(", ")} not installed: npm run peers -- ${peers.join(" ")})`);
  if (inCi) failures.push(`${file} did not run: ${peers.join(", ")} missing`);
}
if (failures.length > 0) console.log(["", "Failed:", ...failures.map((failure) => `  ${failure}`)].join("\n"));
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;

async function check(name: string, args: readonly string[]): Promise<void> {
  if (await runCheck(name, args)) passed++;
  else failures.push(name);
}

function add(outcome: VitestOutcome): void {
  passed += outcome.passed;
  failures.push(...outcome.failures);
}
