import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

/** A collector that nobody opens a run in must not pay for the rooms behind the run API: they are loaded with its first request. */

const ROOT = resolve(import.meta.dirname, "../../../..");
/** `import … from "x"` and `export … from "x"` that stay when types are gone. */
const STATIC_IMPORT = /^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)";/gms;

/** Everything that is loaded with a file: our own files and the names of packages. */
function loadedWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  const name = relative(ROOT, file);
  if (found.has(name)) return found;
  found.add(name);
  for (const [all, to = ""] of readFileSync(file, "utf8").matchAll(STATIC_IMPORT)) {
    const isTypesOnly = /^import\s+\{\s*(?:type\s+[^,}]+,?\s*)+\}/.test(all);
    if (isTypesOnly) continue;
    if (to.startsWith(".")) loadedWith(join(dirname(file), to), found);
    else found.add(to);
  }
  return found;
}

test("neither database nor recorder, report or express are loaded with the connector", () => {
  const loaded = [...loadedWith(join(ROOT, "collector/connectors/runs/runs.ts"))];
  expect(loaded).toContain("collector/web/run-api/open-run-api.ts");
  const heavy = /^(?:express|node:sqlite|collector\/(?:run\/(?:ledger|recorder|run-keeper)|diagnose|report|stats)\/)/;
  expect(loaded.filter((name) => heavy.test(name))).toEqual([]);
});

test("the look at imports sees those that there are", () => {
  const loaded = loadedWith(join(ROOT, "collector/connectors/runs/open-runs.ts"));
  for (const name of ["express", "node:sqlite", "collector/run/recorder/recorder.ts"]) expect(loaded).toContain(name);
});
