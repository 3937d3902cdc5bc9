import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Place, Problem } from "./problem.ts";
import { withoutSecrets } from "./secret-words.ts";
import type { Entry, Tree } from "./tree.ts";

/** More nodes than any real configuration has: stops aliases that multiply ("billion laughs"). */
const MAX_NODES = 100_000;

const YAML_OPTIONS = { prettyErrors: false, uniqueKeys: false, merge: true, logLevel: "error", version: "1.2" } as const;

/**
 * YAML text as a tree with places, reading scalars as otelcol's parser does where that differs from YAML 1.2 (`0123` is octal, `1_000` is a thousand).
 * All mistakes of the text are told; the tree holds what could be read.
 */
export function parseYaml(text: string, file: string): { readonly tree: Tree; readonly problems: readonly Problem[] } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...YAML_OPTIONS, lineCounter });
  const lines = text.split(/\r\n|\n|\r/).map(withoutSecrets);
  const placeOf = (start: number, end: number): Place => {
    const { line, col } = lineCounter.linePos(Math.min(start, text.length));
    const sourceLine = lines[line - 1] ?? "";
    return { file, line, column: col, length: Math.max(1, Math.min(end - start, sourceLine.length - col + 1)), sourceLine };
  };
  const problems: Problem[] = document.errors.map((error) => syntaxProblem(error, placeOf));
  const problem = (node: Node, message: string, suggestion?: string): void => {
    const [start, end] = node.range ?? [0, 1];
    problems.push({ code: "E_CONFIG_SYNTAX", place: placeOf(start, end), path: "", message, ...(suggestion === undefined ? {} : { suggestion }) });
  };
  return { tree: new TreeReader(document, placeOf, problem).read(), problems };
}

/** A value of the environment: undefined where it is no YAML, so that it stays the text it is. */
export function parseYamlValue(text: string, place: Place): Tree | undefined {
  const document = parseDocument(text, YAML_OPTIONS);
  if (document.errors.length > 0) return undefined;
  let failed = false;
  const fail = (): void => {
    failed = true;
  };
  const tree = new TreeReader(document, () => place, fail).read();
  return failed ? undefined : tree;
}

class TreeReader {
  readonly #document: Document.Parsed;
  readonly #placeOf: (start: number, end: number) => Place;
  readonly #problem: (node: Node, message: string, suggestion?: string) => void;
  #nodes = 0;

  constructor(
    document: Document.Parsed,
    placeOf: (start: number, end: number) => Place,
    problem: (node: Node, message: string, suggestion?: string) => void,
  ) {
    this.#document = document;
    this.#placeOf = placeOf;
    this.#problem = problem;
  }

  read(): Tree {
    const root = this.#document.contents;
    return root === null ? { kind: "scalar", place: this.#placeOf(0, 0), value: null } : this.#node(root);
  }

  #node(node: Node): Tree {
    const [start, end] = node.range ?? [0, 0];
    const place = this.#placeOf(start, end);
    if (++this.#nodes > MAX_NODES) {
      if (this.#nodes === MAX_NODES + 1) this.#problem(node, `the configuration has more than ${MAX_NODES} values (do its aliases multiply?)`);
      return { kind: "scalar", place, value: null };
    }
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      // The parser has already told of an alias that names nothing.
      return target === undefined ? { kind: "scalar", place, value: null } : this.#node(target);
    }
    if (isMap(node)) return { kind: "map", place, entries: this.#entries(node) };
    if (isSeq(node)) return { kind: "list", place, items: node.items.map((item) => this.#node(item as Node)) };
    return { kind: "scalar", place, ...scalarValue(node as Scalar) };
  }

  #entries(map: YAMLMap): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    const merged: Tree[] = [];
    for (const { key, value } of map.items) {
      if (!isScalar(key)) {
        this.#problem(key as Node, "a key must be a plain word");
        continue;
      }
      const [start, end] = key.range ?? [0, 0];
      const keyPlace = this.#placeOf(start, end);
      const child: Tree = value === null ? { kind: "scalar", place: keyPlace, value: null } : this.#node(value as Node);
      if (key.source === "<<" && key.type === "PLAIN") merged.push(...(child.kind === "list" ? child.items : [child]));
      else {
        const word = key.source ?? String(key.value);
        const first = entries.get(word);
        if (first !== undefined)
          this.#problem(key, `the key "${word}" stands twice in this map, first in line ${first.keyPlace.line}`, "remove one of the two");
        entries.set(word, { keyPlace, value: child });
      }
    }
    // What stands in the map itself wins over what is merged in, and an earlier merge over a later one (YAML 1.1 "merge").
    for (const tree of merged) {
      if (tree.kind === "map") for (const [key, entry] of tree.entries) if (!entries.has(key)) entries.set(key, entry);
    }
    return entries;
  }
}

function scalarValue(scalar: Scalar): { value: string | number | boolean | null; quoted?: boolean } {
  const { value, source = "" } = scalar;
  if (scalar.type !== "PLAIN") return typeof value === "string" ? { value, quoted: true } : { value: value as number | boolean | null };
  // go-yaml's integers (yaml.v3 resolve.go): a leading 0 means octal, 0b binary, underscores may part the digits.
  if (scalar.tag === undefined && (typeof value === "number" || /^[-+]?\d[\d_]*$|^[-+]?0b[01_]+$/.test(source))) {
    const digits = source.replaceAll("_", "");
    const sign = digits.startsWith("-") ? -1 : 1;
    const bare = digits.replace(/^[-+]/, "");
    if (/^0[0-7]+$/.test(bare)) return { value: sign * Number.parseInt(bare, 8) };
    if (/^0b[01]+$/.test(bare)) return { value: sign * Number.parseInt(bare.slice(2), 2) };
    if (/^\d+$/.test(bare)) return { value: sign * Number(bare) };
  }
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return { value };
  return { value: String(value) };
}

function syntaxProblem(error: YAMLError, placeOf: (start: number, end: number) => Place): Problem {
  const [start, end] = error.pos;
  const place = placeOf(start, end);
  const base = { code: "E_CONFIG_SYNTAX", place, path: "" } as const;
  // K-12: a tab in the indentation shows up under several of the parser's codes.
  const indentation = /^[ \t]*/.exec(place.sourceLine)?.[0] ?? "";
  if (error.code === "TAB_AS_INDENT" || indentation.includes("\t")) {
    const column = indentation.indexOf("\t") + 1;
    return {
      ...base,
      place: { ...place, column: Math.max(1, column), length: 1 },
      message: "a tab is used for indentation; YAML allows only spaces",
      suggestion: "replace each tab by two spaces",
    };
  }
  switch (error.code) {
    case "MULTILINE_IMPLICIT_KEY":
      return { ...base, message: "this is neither a key nor a value", suggestion: "is a colon missing at the end, or the indentation wrong?" };
    case "MULTIPLE_DOCS":
      return {
        ...base,
        message: "the file holds several YAML documents (---); one is read",
        suggestion: "put each into its own file and give several --config",
      };
    default:
      return { ...base, message: error.message.replace(/ at line \d+, column \d+:?[\s\S]*$/, "") };
  }
}
