import type { Place, Problem } from "./problem.ts";
import { formatPath, type Path, type Tree } from "./tree.ts";
import { parseYaml, parseYamlValue } from "./yaml-text.ts";

/** How often one value may lead to another before we call it a circle (otelcol: 1000). */
const MAX_EXPANSIONS = 1000;
const MAX_DEPTH = 100;
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export interface Expansion {
  readonly tree: Tree;
  readonly problems: readonly Problem[];
  /** Variables that are not set and have no default (V-02). */
  readonly warnings: readonly Problem[];
}

export interface ExpandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For `${file:…}`; throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
}

/**
 * Replaces `${env:NAME}`, `${NAME}`, `${env:NAME:-default}`, `${file:path}` and `${yaml:text}` in every string of the tree (keys are left alone), `$$` becomes `$`.
 *
 * A string that is one expression takes the type its text has as YAML (V-03), and remembers the text for fields that want a string. Inside a longer
 * string the text is put in as it is. Rules and goldens: opentelemetry-collector confmap/expand.go and confmap/internal/e2e.
 */
export function expandEnvironment(tree: Tree, options: ExpandOptions): Expansion {
  const expander = new Expander(options);
  return { tree: expander.tree(tree, []), problems: expander.problems, warnings: expander.warnings };
}

/** Raised and caught in this file: the expression cannot be replaced. */
class Unexpandable extends Error {}

class Expander {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #options: ExpandOptions;
  #expansions = 0;

  constructor(options: ExpandOptions) {
    this.#options = options;
  }

  tree(tree: Tree, path: Path): Tree {
    switch (tree.kind) {
      case "map": {
        const entries = [...tree.entries].map(([key, entry]) => [key, { ...entry, value: this.tree(entry.value, [...path, key]) }] as const);
        return { ...tree, entries: new Map(entries) };
      }
      case "list":
        return { ...tree, items: tree.items.map((item, index) => this.tree(item, [...path, index])) };
      case "scalar": {
        if (typeof tree.value !== "string" || !tree.value.includes("$")) return tree;
        const warned = this.warnings.length;
        this.#expansions = 0;
        try {
          return this.#value(tree.value, tree.place, formatPath(path), 0) ?? tree;
        } catch (error) {
          if (!(error instanceof Unexpandable)) throw error;
          this.warnings.length = warned;
          this.problems.push({ code: "E_CONFIG_INVALID", place: tree.place, path: formatPath(path), message: error.message });
          return tree;
        }
      }
    }
  }

  /** The value of a text: typed when it is one expression, else a string. */
  #value(text: string, place: Place, path: string, depth: number): Tree {
    const single = text.startsWith("${") && closingBrace(text, 2) === text.length - 1;
    if (!single) return { kind: "scalar", place, value: this.#text(text, place, path, depth), quoted: true };
    const raw = this.#retrieve(this.#text(text.slice(2, -1), place, path, depth), place, path, depth);
    if (raw.kind === "tree") return raw.tree;
    const typed = raw.text === "" && raw.explicit ? undefined : parseYamlValue(raw.text, place);
    if (typed === undefined || (typed.kind === "scalar" && typeof typed.value === "string")) return this.#value(raw.text, place, path, depth + 1);
    const original = this.#textOrNothing(raw.text, place, path, depth + 1);
    const value = typed.kind === "scalar" ? typed : this.#nested(typed, path, depth + 1);
    return original === undefined ? value : { ...value, original };
  }

  #nested(tree: Tree, path: string, depth: number): Tree {
    if (tree.kind === "list") return { ...tree, items: tree.items.map((item) => this.#nested(item, path, depth)) };
    if (tree.kind === "map") {
      const entries = [...tree.entries].map(([key, entry]) => [key, { ...entry, value: this.#nested(entry.value, path, depth) }] as const);
      return { ...tree, entries: new Map(entries) };
    }
    return typeof tree.value === "string" && tree.value.includes("$") ? this.#value(tree.value, tree.place, path, depth) : tree;
  }

  /** A text with its expressions replaced by their texts. */
  #text(text: string, place: Place, path: string, depth: number): string {
    if (depth > MAX_DEPTH) throw new Unexpandable("the variables refer to one another in a circle");
    let out = "";
    for (let at = 0; at < text.length; ) {
      const dollar = text.indexOf("$", at);
      if (dollar < 0) return out + text.slice(at);
      out += text.slice(at, dollar);
      const end = text[dollar + 1] === "{" ? closingBrace(text, dollar + 2) : -1;
      if (text[dollar + 1] === "$") {
        out += "$";
        at = dollar + 2;
      } else if (end < 0) {
        out += "$";
        at = dollar + 1;
      } else {
        const expression = this.#text(text.slice(dollar + 2, end), place, path, depth + 1);
        const raw = this.#retrieve(expression, place, path, depth);
        if (raw.kind === "tree") throw new Unexpandable(`\${${expression}} is put inside a longer text, where only a text can stand`);
        out += this.#text(raw.text, place, path, depth + 1);
        at = end + 1;
      }
    }
    return out;
  }

  /** As #text; undefined (and no warnings) where it cannot be done: a comment may hold an expression that means nothing. */
  #textOrNothing(text: string, place: Place, path: string, depth: number): string | undefined {
    const warned = this.warnings.length;
    try {
      return this.#text(text, place, path, depth);
    } catch (error) {
      if (!(error instanceof Unexpandable)) throw error;
      this.warnings.length = warned;
      return undefined;
    }
  }

  #retrieve(
    expression: string,
    place: Place,
    path: string,
    depth: number,
  ): { readonly kind: "text"; readonly text: string; readonly explicit?: boolean } | { readonly kind: "tree"; readonly tree: Tree } {
    if (++this.#expansions > MAX_EXPANSIONS || depth > MAX_DEPTH) throw new Unexpandable("the variables refer to one another in a circle");
    const scheme = /^(env|file|yaml):([\s\S]*)$/.exec(expression);
    const opaque = scheme?.[2] ?? expression;
    if (scheme?.[1] === "yaml") return { kind: "text", text: opaque };
    if (scheme?.[1] === "file") return { kind: "tree", tree: this.#file(opaque, depth) };
    const cut = opaque.indexOf(":-");
    const name = cut < 0 ? opaque : opaque.slice(0, cut);
    if (!NAME.test(name)) {
      const other = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(expression);
      if (other !== null && scheme === null) throw new Unexpandable(`\${${other[1]}:…} is not known; known here: \${env:…}, \${file:…}, \${yaml:…}`);
      throw new Unexpandable(`environment variable "${name}" has an invalid name: letters, digits and _ are allowed, and no digit first`);
    }
    const value = Object.hasOwn(this.#options.env, name) ? this.#options.env[name] : undefined;
    if (value !== undefined) return { kind: "text", text: value };
    if (cut >= 0) return { kind: "text", text: opaque.slice(cut + 2), explicit: true };
    const known = this.warnings.some((warning) => warning.place === place && warning.message.includes(`"${name}"`));
    if (!known) {
      const message = `environment variable "${name}" is not set: the value is empty`;
      this.warnings.push({ code: "E_CONFIG_INVALID", place, path, message, suggestion: `give a default: \${env:${name}:-value}` });
    }
    return { kind: "text", text: "" };
  }

  #file(path: string, depth: number): Tree {
    let text: string;
    try {
      text = this.#options.readFile(path);
    } catch (error) {
      throw new Unexpandable(`\${file:${path}} cannot be read: ${(error as Error).message}`);
    }
    const { tree, problems } = parseYaml(text, path);
    this.problems.push(...problems);
    return this.#nested(tree, "", depth + 1);
  }
}

/** The index of the brace that closes the one opened before `from`; escaped and nested expressions are stepped over. -1 if there is none. */
function closingBrace(text: string, from: number): number {
  for (let at = from, open = 0; at < text.length; at++) {
    if (text[at] === "$" && text[at + 1] === "$") at++;
    else if (text[at] === "$" && text[at + 1] === "{") {
      open++;
      at++;
    } else if (text[at] === "}" && open-- === 0) return at;
  }
  return -1;
}
