import { readFileSync } from "node:fs";
import type { CollectorConfig } from "../collector/pipeline/collector-config.ts";
import { type Catalogue, TOP_KEYS } from "./catalogue.ts";
import { checkComponents } from "./check-components.ts";
import { checkService } from "./check-service.ts";
import { expandEnvironment } from "./env.ts";
import { mergeTrees } from "./merge.ts";
import { type ImportPlugin, importPlugin, loadPlugins } from "./plugins.ts";
import { ConfigError, type Place, type Problem } from "./problem.ts";
import { readSet, readSource } from "./sources.ts";
import { didYouMean } from "./suggest.ts";
import type { Tree } from "./tree.ts";

export interface LoadOptions {
  /** `--config`, in order: path, `file:…`, `env:…`, `yaml:…`. */
  readonly sources: readonly string[];
  /** `--set`, in order, after all sources. */
  readonly sets?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly catalogue: Catalogue;
  readonly readFile?: (path: string) => string;
  readonly importPlugin?: ImportPlugin;
}

export interface LoadedConfig {
  readonly config: CollectorConfig;
  /** The components known to this configuration: ours and its plugins'. */
  readonly catalogue: Catalogue;
  /** Merged and expanded, as it was checked. */
  readonly tree: Tree;
  /** The files it was read from. */
  readonly files: readonly string[];
  /** Allowed, but seldom meant: unused components, variables that are not set. */
  readonly warnings: readonly Problem[];
}

const NOWHERE: Place = { file: "--config", line: 0, column: 0, length: 0, sourceLine: "" };

/**
 * Reads, merges, expands and checks a configuration.
 *
 * Throws: ConfigError with every problem found. Text that cannot be read as YAML is told before values are judged, since half a text would
 * only give false alarms.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const readFile = options.readFile ?? ((path: string) => readFileSync(path, "utf8"));
  const readings = [...options.sources.map((source) => readSource(source, { env: options.env, readFile })), ...(options.sets ?? []).map(readSet)];
  const unreadable = readings.flatMap((reading) => reading.problems);
  if (unreadable.length > 0) throw new ConfigError(distinct(unreadable));
  const merged = readings.map((reading) => reading.tree).filter((tree) => tree !== undefined && !isEmpty(tree));
  const whole = (merged as Tree[]).reduce<Tree>(mergeTrees, { kind: "map", place: readings[0]?.tree?.place ?? NOWHERE, entries: new Map() });

  const expansion = expandEnvironment(whole, { env: options.env, readFile });
  const tree = expansion.tree;
  const problems = [...topLevelProblems(tree)];
  const plugins = await loadPlugins(tree, options.importPlugin ?? importPlugin);
  const catalogue = options.catalogue.with(plugins.definitions);
  const components = checkComponents(tree, catalogue);
  const service = checkService(tree, components);
  problems.push(...plugins.problems, ...components.problems, ...service.problems);
  // What an expression that cannot be replaced looks like as a value says nothing more.
  const unexpanded = new Set(expansion.problems.map(({ place }) => place));
  problems.splice(0, problems.length, ...expansion.problems, ...problems.filter(({ place }) => !unexpanded.has(place)));
  if (problems.length > 0)
    throw new ConfigError(
      inOrder(
        distinct(problems),
        readings.map((reading) => reading.file ?? ""),
      ),
    );
  const { extensions, pipelines, telemetry } = service;
  return {
    config: { ...components.configured, service: { extensions, pipelines, telemetry } },
    catalogue,
    tree,
    files: readings.flatMap((reading) => reading.file ?? []),
    warnings: [...expansion.warnings, ...service.warnings],
  };
}

function isEmpty(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

function topLevelProblems(tree: Tree): readonly Problem[] {
  if (tree.kind !== "map") {
    return [
      { code: "E_CONFIG_INVALID", place: tree.place, path: "", message: "a configuration is a map with the keys receivers, exporters, service …" },
    ];
  }
  return [...tree.entries]
    .filter(([key]) => !TOP_KEYS.includes(key))
    .map(([key, { keyPlace }]) => {
      const suggestion = didYouMean(key, TOP_KEYS);
      return {
        code: "E_CONFIG_INVALID",
        place: keyPlace,
        path: "",
        message: `unknown key "${key}"`,
        ...(suggestion === undefined ? {} : { suggestion }),
      } as const;
    });
}

/** One tab per line is told once, however many places it breaks. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ place, path, message }) => {
    const key = JSON.stringify([place.file, place.line, place.column, path, message]);
    return !seen.has(key) && seen.add(key);
  });
}

/** As a reader meets them: by file, then by line. */
function inOrder(problems: readonly Problem[], files: readonly string[]): readonly Problem[] {
  const rank = (file: string): number => (files.includes(file) ? files.indexOf(file) : files.length);
  return problems.toSorted((a, b) => rank(a.place.file) - rank(b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column);
}
