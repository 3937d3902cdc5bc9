import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/**
 * The layer table of docs/architecture.md, executable. A file belongs to the first row whose folder it lies in. `may` names the rows it may
 * import from besides its own folder, "node:*" and "npm" among them.
 */
const LAYERS: readonly { readonly folder: string; readonly may: readonly string[]; readonly isPure?: true }[] = [
  { folder: "collector/model/", may: [], isPure: true },
  { folder: "collector/wire/", may: ["collector/model/"], isPure: true },
  { folder: "collector/stats/", may: ["collector/model/"], isPure: true },
  { folder: "collector/diagnose/", may: ["collector/model/", "collector/stats/"], isPure: true },
  { folder: "collector/report/", may: ["collector/model/", "collector/stats/", "collector/diagnose/", "zod"], isPure: true },
  { folder: "collector/pipeline/", may: ["collector/model/", "node:*", "zod"] },
  { folder: "collector/series/", may: ["collector/model/", "collector/wire/", "collector/stats/", "collector/pipeline/"] },
  { folder: "collector/alerts/", may: ["collector/model/", "collector/promql/"], isPure: true },
  { folder: "collector/promql/", may: ["collector/model/", "npm"], isPure: true },
  // The one component that is made of rooms above the components: it keeps runs and serves their API.
  {
    folder: "collector/connectors/runs/",
    may: [
      "collector/model/",
      "collector/wire/",
      "collector/stats/",
      "collector/pipeline/",
      "collector/run/",
      "collector/diagnose/",
      "collector/report/",
      "collector/web/",
      "node:*",
      "npm",
    ],
  },
  ...["collector/receivers/", "collector/processors/", "collector/connectors/", "collector/extensions/", "exporters/"].map((folder) => ({
    folder,
    may: [
      "collector/model/",
      "collector/wire/",
      "collector/stats/",
      "collector/series/",
      "collector/promql/",
      "collector/alerts/",
      "collector/pipeline/",
      "node:*",
      "npm",
    ],
  })),
  {
    folder: "collector/run/",
    may: [
      "collector/model/",
      "collector/wire/",
      "collector/stats/",
      "collector/series/",
      "collector/promql/",
      "collector/alerts/",
      "collector/pipeline/",
      "node:*",
      "zod",
    ],
  },
  {
    folder: "collector/web/",
    may: ["collector/model/", "collector/run/", "collector/diagnose/", "collector/report/", "collector/pipeline/", "node:*", "npm"],
  },
  {
    folder: "config/registry.ts",
    may: ["config/", "collector/receivers/", "collector/processors/", "collector/connectors/", "collector/extensions/", "exporters/"],
  },
  { folder: "config/", may: ["collector/model/", "collector/pipeline/", "node:*", "npm"] },
  { folder: "dashboards/", may: ["collector/model/catalog", "collector/alerts/", "node:*", "npm"] },
  { folder: "loadtest/demo", may: ["loadtest/", "collector/", "config/", "exporters/", "node:*", "npm"] },
  { folder: "loadtest/", may: ["collector/model/catalog", "node:*", "npm"] },
  { folder: "collector/cli/", may: ["collector/", "config/", "exporters/", "dashboards/", "package.json", "node:*", "npm"] },
];

/** Component folders under one roof that may not know one another: `exporters/debug/` and `exporters/file/`. Files beside the folders are shared. */
const ROOFS = ["collector/receivers/", "collector/processors/", "collector/connectors/", "collector/extensions/", "exporters/"];

const IMPURE = /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|process\.|console\.|performance\.now)/;
/** What has a reason to break a row; a file that needs no entry any more must lose it. */
const KNOWN_EXCEPTIONS: readonly string[] = [];

const FILES = globSync(["collector/**/*.ts", "config/**/*.ts", "exporters/**/*.ts", "loadtest/**/*.ts", "dashboards/**/*.ts"]).map(toSlashes).sort();

function toSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}

interface Arrow {
  readonly from: string;
  readonly to: string;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");
}

/** `import … from "x"`, `export … from "x"`, `import("x")`, `import "x"`. */
function importsOf(file: string): readonly Arrow[] {
  const text = withoutComments(readFileSync(file, "utf8"));
  const found = text.matchAll(/^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm);
  return [...found].map((match) => {
    const word = (match[1] ?? match[2] ?? match[3]) as string;
    return { from: file, to: word.startsWith(".") ? toSlashes(normalize(join(dirname(file), word))) : word };
  });
}

function layerOf(file: string) {
  return LAYERS.find(({ folder }) => file.startsWith(folder));
}

function componentOf(file: string): string | undefined {
  const roof = ROOFS.find((candidate) => file.startsWith(candidate));
  const rest = roof === undefined ? "" : file.slice(roof.length);
  return rest.includes("/") ? `${roof}${rest.split("/", 1)[0]}/` : undefined;
}

function isAllowed({ from, to }: Arrow): boolean {
  const layer = layerOf(from);
  if (layer === undefined) return false;
  if (to.startsWith("node:")) return layer.may.includes("node:*");
  const isOwnFile = /\.(ts|json)$/.test(to) && (LAYERS.some(({ folder }) => to.startsWith(folder)) || to === "package.json");
  if (!isOwnFile) return layer.may.includes("npm") || layer.may.includes(to);
  const [mine, theirs] = [componentOf(from), componentOf(to)];
  if (mine !== undefined && theirs !== undefined) return mine === theirs;
  // A file shared by the components of a roof knows none of them.
  if (ROOFS.some((roof) => from.startsWith(roof)) && mine === undefined && theirs !== undefined) return false;
  return to.startsWith(layer.folder) || layer.may.some((folder) => to.startsWith(folder));
}

test("every file lies in a layer", () => {
  expect(FILES.filter((file) => layerOf(file) === undefined)).toEqual([]);
  expect(FILES.length).toBeGreaterThan(50);
});

test("imports follow the layer table", () => {
  const arrows = FILES.flatMap(importsOf);
  const broken = arrows.filter((arrow) => !isAllowed(arrow)).map(({ from, to }) => `${from} → ${to}`);
  expect(broken.filter((arrow) => !KNOWN_EXCEPTIONS.includes(arrow))).toEqual([]);
  expect(KNOWN_EXCEPTIONS.filter((arrow) => !broken.includes(arrow))).toEqual([]);
});

test("pure folders use no clock, chance, process or console", () => {
  const impure = FILES.filter((file) => layerOf(file)?.isPure === true).flatMap((file) => {
    const lines = withoutComments(readFileSync(file, "utf8"))
      .replace(/"(?:[^"\\\n]|\\.)*"/g, '""')
      .split("\n");
    return lines.flatMap((line) => IMPURE.exec(line)?.[0] ?? []).map((word) => `${file}: ${word}`);
  });
  expect(impure).toEqual([]);
});

test("only the command line's entry ends the process", () => {
  const enders = FILES.filter((file) => !file.startsWith("loadtest/") && /\bprocess\.exit\(/.test(withoutComments(readFileSync(file, "utf8"))));
  expect(enders).toEqual(["collector/cli/main.ts"]);
});

test("the table itself notices a wrong arrow", () => {
  expect(isAllowed({ from: "collector/wire/x.ts", to: "collector/pipeline/sink.ts" })).toBe(false);
  expect(isAllowed({ from: "collector/model/x.ts", to: "node:fs" })).toBe(false);
  expect(isAllowed({ from: "exporters/debug/x.ts", to: "exporters/file/y.ts" })).toBe(false);
  expect(isAllowed({ from: "exporters/debug/x.ts", to: "exporters/debug/y.ts" })).toBe(true);
  expect(isAllowed({ from: "config/load.ts", to: "exporters/debug/debug.ts" })).toBe(false);
  expect(isAllowed({ from: "config/registry.ts", to: "exporters/debug/debug.ts" })).toBe(true);
});
