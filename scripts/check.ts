import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** Everything that is told without running the program: types, lint, stale generated files, layers. Each is run, whatever the others say. */
const root = resolve(import.meta.dirname, "..");
const colors = process.stdout.isTTY ? [] : ["--colors=off"];

/** Run by the Node that runs this file: the one on the PATH may be too old. */
const STEPS: readonly (readonly [title: string, args: readonly string[]])[] = [
  ["types", ["node_modules/typescript/bin/tsc", "--noEmit"]],
  ["lint and format", ["node_modules/@biomejs/biome/bin/biome", "ci", "--diagnostic-level=warn", "--error-on-warnings", ...colors]],
  ["generated files", ["scripts/gen.ts", "--check"]],
  ["layers", ["node_modules/vitest/vitest.mjs", "run", "test/unit/layers.test.ts"]],
];

const failed: string[] = [];
for (const [title, args] of STEPS) {
  process.stdout.write(`── ${title}\n`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) failed.push(title);
}
process.stdout.write(failed.length === 0 ? "all checks passed\n" : `failed: ${failed.join(", ")}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
