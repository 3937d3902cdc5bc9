import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { renderJsonSchema } from "../config/json-schema.ts";
import { registry } from "../config/registry.ts";
import { renderMetrics } from "../loadtest/render-metrics.ts";
import { renderConformance } from "../test/conformance/rows.ts";
import { renderComponentsDoc } from "./gen/components-doc.ts";
import { renderErrorsDoc } from "./gen/errors-doc.ts";

/** Rewrites every file of the repository that is made from another; with `--check` only tells which ones are stale (exit code 1). */
const root = resolve(import.meta.dirname, "..");

/** Every generated file, in one list: path → its text as it should be. */
function generated(): ReadonlyMap<string, string> {
  return new Map([
    ["config/schema.json", renderJsonSchema(registry)],
    ["docs/components.md", renderComponentsDoc(registry)],
    ["docs/conformance.md", renderConformance()],
    ["docs/errors.md", renderErrorsDoc()],
    ["docs/metrics.md", renderMetrics()],
  ]);
}

const isCheck = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, text] of generated()) {
  const file = join(root, path);
  const current = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  if (current === text) continue;
  stale.push(path);
  if (isCheck) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (stale.length > 0) process.stdout.write(`${isCheck ? "stale, run `npm run gen`" : "written"}: ${stale.join(", ")}\n`);
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
