import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ComponentDefinition } from "../collector/pipeline/define.ts";
import type { Problem } from "./problem.ts";
import { formatPath, type Tree, treeAt } from "./tree.ts";

export type ImportPlugin = (specifier: string, folder: string) => Promise<unknown>;

/**
 * Loads what the top-level key `plugins` names: files relative to the configuration file that names them, or npm packages found from its folder.
 * Every exported component definition counts, recognised by its shape.
 */
export async function loadPlugins(
  root: Tree,
  importPlugin: ImportPlugin,
): Promise<{ readonly definitions: readonly ComponentDefinition[]; readonly problems: readonly Problem[] }> {
  const list = treeAt(root, ["plugins"]);
  if (list === undefined || (list.kind === "scalar" && list.value === null)) return { definitions: [], problems: [] };
  if (list.kind !== "list") {
    return {
      definitions: [],
      problems: [{ code: "E_CONFIG_INVALID", place: list.place, path: "plugins", message: "expected a list of files and packages" }],
    };
  }
  const definitions: ComponentDefinition[] = [];
  const problems: Problem[] = [];
  for (const [index, item] of list.items.entries()) {
    const shared = { code: "E_PLUGIN", place: item.place, path: formatPath(["plugins", index]) } as const;
    if (item.kind !== "scalar" || typeof item.value !== "string") {
      problems.push({ ...shared, message: "expected a file or a package name" });
      continue;
    }
    try {
      const found = definitionsIn(await importPlugin(item.value, dirname(resolve(item.place.line > 0 ? item.place.file : "x"))));
      if (found.length > 0) definitions.push(...found);
      else
        problems.push({
          ...shared,
          message: `"${item.value}" exports no component`,
          suggestion: 'export constants made with receiver(), stage(), exporter() or extension() of "pitwall/define"',
        });
    } catch (error) {
      problems.push({ ...shared, message: `"${item.value}" cannot be loaded: ${reason(error)}` });
    }
  }
  return { definitions, problems };
}

function definitionsIn(module: unknown): readonly ComponentDefinition[] {
  if (typeof module !== "object" || module === null) return [];
  // A CommonJS package shows its exports under `default`, and only some of them by name.
  const inside = "default" in module && typeof module.default === "object" && module.default !== null ? Object.values(module.default) : [];
  return [...new Set([...Object.values(module), ...inside])].filter(isDefinition);
}

function isDefinition(value: unknown): value is ComponentDefinition {
  if (typeof value !== "object" || value === null) return false;
  const { kind, type, open, config } = value as Partial<Record<string, unknown>>;
  const isKind = kind === "receiver" || kind === "stage" || kind === "exporter" || kind === "extension";
  return isKind && typeof type === "string" && typeof open === "function" && typeof config === "object" && config !== null && "_zod" in config;
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n", 1)[0] ?? "").replaceAll(PLUGIN_SCHEME, "");
}

/** Stands before the specifiers that our own resolve hook turns into imports from the folder of a configuration file. */
const PLUGIN_SCHEME = "pitwall-plugin:";

/**
 * Imports as if the statement stood in `folder`. A plugin outside any project that has Pitwall installed still finds `pitwall/define`: the
 * running program's own is given to it.
 */
export const importPlugin: ImportPlugin = async (specifier, folder) => {
  const isPath = /^\.{0,2}[/\\]|^\.\.?$/.test(specifier) || isAbsolute(specifier);
  const parentURL = pathToFileURL(resolve(folder, "config.yaml")).href;
  if (isPath && !existsSync(resolve(folder, specifier))) throw new Error("there is no such file");
  const wanted = isPath ? pathToFileURL(resolve(folder, specifier)).href : specifier;
  const hooks = registerHooks({
    resolve(word, context, next) {
      if (word.startsWith(PLUGIN_SCHEME)) return next(word.slice(PLUGIN_SCHEME.length), { ...context, parentURL });
      if (word !== "pitwall/define") return next(word, context);
      try {
        return next(word, context);
      } catch {
        return next(ownDefineUrl(), context);
      }
    },
  });
  try {
    return await import(`${PLUGIN_SCHEME}${wanted}`);
  } finally {
    hooks.deregister();
  }
};

/** `dist/define.mjs` beside the bundle, or the source file in a checkout. */
function ownDefineUrl(): string {
  const isSource = import.meta.url.endsWith(".ts");
  return new URL(isSource ? "../collector/pipeline/define.ts" : "./define.mjs", import.meta.url).href;
}
