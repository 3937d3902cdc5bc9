import { mergeTrees, nestedTree } from "./merge.ts";
import type { Place, Problem } from "./problem.ts";
import type { Tree } from "./tree.ts";
import { parseYaml, parseYamlValue } from "./yaml-text.ts";

export interface SourceReading {
  readonly tree: Tree | undefined;
  readonly problems: readonly Problem[];
  /** The path of the file, where the source is one. */
  readonly file?: string;
}

export interface SourceOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

/**
 * Reads one `--config` source: a plain path, `file:path`, `env:NAME` (the variable holds YAML) or `yaml:receivers::otlp::protocols: {http: }`
 * (confmap's providers; `::` parts the keys). One-letter schemes are Windows drives.
 */
export function readSource(source: string, options: SourceOptions): SourceReading {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):([\s\S]*)$/.exec(source);
  switch (scheme?.[1]) {
    case undefined:
      return readFileSource(source, options);
    case "file":
      return readFileSource(scheme?.[2] ?? "", options);
    case "env": {
      const name = scheme?.[2] ?? "";
      const text = Object.hasOwn(options.env, name) ? options.env[name] : undefined;
      if (text === undefined) return failed(source, "E_CONFIG_NOT_FOUND", `environment variable "${name}" is not set`);
      return parseYaml(text, source);
    }
    case "yaml": {
      const { tree, problems } = parseYaml(scheme?.[2] ?? "", source);
      return { tree: unfolded(tree), problems };
    }
    default:
      return failed(
        source,
        "E_CONFIG_NOT_FOUND",
        `"${scheme?.[1]}:" is not a kind of source that Pitwall reads`,
        "give a path, file:path, env:NAME or yaml:key::key: value",
      );
  }
}

function readFileSource(path: string, options: SourceOptions): SourceReading {
  let text: string;
  try {
    text = options.readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "this is a folder" : (error as Error).message;
    return failed(path, "E_CONFIG_NOT_FOUND", why, "check the path given with --config");
  }
  return { ...parseYaml(text.replace(/^\uFEFF/, ""), path), file: path };
}

/** `--set a.b=c`: the value is read as YAML, so numbers, lists and maps can be given; a text with `${…}` is expanded like any other. */
export function readSet(set: string): SourceReading {
  const equals = set.indexOf("=");
  const key = equals < 0 ? set : set.slice(0, equals);
  const place: Place = { file: `--set ${key}`, line: 0, column: 0, length: 0, sourceLine: "" };
  const path = key.split(key.includes("::") ? "::" : ".").map((part) => part.trim());
  if (equals < 0 || path.some((part) => part === "")) {
    const problem = {
      code: "E_CONFIG_INVALID",
      place,
      path: "",
      message: `"${set}" is not key.key=value`,
      suggestion: "like --set service.telemetry.metrics.level=none",
    } as const;
    return { tree: undefined, problems: [problem] };
  }
  const text = set.slice(equals + 1);
  const value = parseYamlValue(text, place) ?? { kind: "scalar", place, value: text };
  return { tree: nestedTree(path, value, place), problems: [] };
}

/** `a::b: c` as `a: {b: c}`, at the top of a `yaml:` source. */
function unfolded(tree: Tree): Tree {
  if (tree.kind !== "map") return tree;
  const parts = [...tree.entries].map(([key, { keyPlace, value }]) => nestedTree(key.split("::"), value, keyPlace));
  return parts.reduce(mergeTrees, { ...tree, entries: new Map() });
}

function failed(file: string, code: "E_CONFIG_NOT_FOUND", message: string, suggestion?: string): SourceReading {
  const place: Place = { file, line: 0, column: 0, length: 0, sourceLine: "" };
  return { tree: undefined, problems: [{ code, place, path: "", message, ...(suggestion === undefined ? {} : { suggestion }) }] };
}
