import type { z } from "zod";
import type { Problem } from "./problem.ts";
import { keysAt } from "./schema-walk.ts";
import { isSecretWord } from "./secret-words.ts";
import { didYouMean, nearest } from "./suggest.ts";
import { formatPath, keyPlaceAt, type Path, type ScalarTree, type Tree, toPlain, treeAt, valuePlaceAt, withValueAt } from "./tree.ts";

type Issue = z.core.$ZodIssue;
export type Checked = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Holds a tree against a zod schema and tells every mistake at its place.
 *
 * Two readings are tried before a value is called wrong: a null stands for "nothing given" (an empty map, an empty list, or the default), as
 * in otelcol (K-07); and what came from `${…}` counts as text where a text is wanted (V-03).
 * `path` is where the tree stands in the whole configuration.
 */
export function checkValue(schema: z.ZodType, tree: Tree, path: Path): Checked {
  let candidate: Tree = isNull(tree) ? { ...tree, kind: "map", entries: new Map() } : tree;
  const firstIssues = new Map<string, FirstReading>();
  for (;;) {
    const result = schema.safeParse(toPlain(candidate));
    if (result.success) return { ok: true, value: result.data };
    const issues = result.error.issues;
    let repaired = candidate;
    for (const issue of issues) repaired = repair(repaired, issue, firstIssues);
    if (repaired === candidate) return { ok: false, problems: problemsOf(schema, issues, firstIssues, candidate, path) };
    candidate = repaired;
  }
}

/** What was wrong with a value before its text was tried in its place. */
interface FirstReading {
  readonly issue: Issue;
  readonly node: Tree;
}

function repair(tree: Tree, issue: Issue, firstIssues: Map<string, FirstReading>): Tree {
  const path = issue.path as Path;
  const node = treeAt(tree, path);
  if (node === undefined || issue.code === "unrecognized_keys") return tree;
  if (node.original !== undefined) {
    firstIssues.set(formatPath(path), { issue, node });
    return withValueAt(tree, path, { kind: "scalar", place: node.place, value: node.original, quoted: true });
  }
  if (!isNull(node) || issue.code === "custom") return tree;
  const wanted = expectedTypes(issue);
  if (wanted.some((type) => type === "object" || type === "record" || type === "map")) {
    return withValueAt(tree, path, { kind: "map", place: node.place, entries: new Map() });
  }
  if (wanted.includes("array")) return withValueAt(tree, path, { kind: "list", place: node.place, items: [] });
  return treeAt(tree, path.slice(0, -1))?.kind === "map" && path.length > 0 ? withValueAt(tree, path, undefined) : tree;
}

function problemsOf(
  schema: z.ZodType,
  issues: readonly Issue[],
  firstIssues: ReadonlyMap<string, FirstReading>,
  tree: Tree,
  base: Path,
): readonly Problem[] {
  const withUnknownKeys = new Set(issues.filter((issue) => issue.code === "unrecognized_keys").map((issue) => formatPath(issue.path as Path)));
  return issues.flatMap((latest) => {
    const first = firstIssues.get(formatPath(latest.path as Path));
    const issue = first?.issue ?? latest;
    // A rule over a whole map ("at least one protocol") says nothing new where a key of that map is misspelt.
    if (issue.code === "custom" && withUnknownKeys.has(formatPath(issue.path as Path))) return [];
    const judged = first === undefined ? tree : withValueAt(tree, issue.path as Path, first.node);
    return problemOf(schema, issue, judged, base);
  });
}

function problemOf(schema: z.ZodType, issue: Issue, tree: Tree, base: Path): readonly Problem[] {
  const path = issue.path as Path;
  const shared = { code: "E_CONFIG_INVALID", path: formatPath([...base, ...path]) } as const;
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => {
      const suggestion = didYouMean(key, known);
      return {
        ...shared,
        place: keyPlaceAt(tree, [...path, key]),
        message: `unknown key "${key}"`,
        ...(suggestion === undefined ? {} : { suggestion }),
      };
    });
  }
  if (issue.code === "invalid_union") {
    const branch = bestBranch(issue);
    if (branch !== undefined) return branch.flatMap((inner) => problemOf(schema, { ...inner, path: [...path, ...inner.path] } as Issue, tree, base));
  }
  const node = treeAt(tree, path);
  if (issue.code !== "custom" && (node === undefined || isNull(node))) {
    return [
      {
        ...shared,
        place: keyPlaceAt(tree, path),
        message: node === undefined ? `"${String(path.at(-1) ?? "")}" is required` : "a value is required",
      },
    ];
  }
  return [
    {
      ...shared,
      place: valuePlaceAt(tree, path),
      ...(node === undefined ? { message: issue.message } : worded(issue, node, isSecretWord(String(path.at(-1))))),
    },
  ];
}

function worded(issue: Issue, node: Tree, isSecret: boolean): { readonly message: string; readonly suggestion?: string } {
  const shown = isSecret ? "what stands here" : node.kind === "scalar" ? JSON.stringify(node.value) : node.kind === "map" ? "a map" : "a list";
  switch (issue.code) {
    case "invalid_type":
    case "invalid_union": {
      const types = [...new Set(expectedTypes(issue))];
      if (types.length === 0) return { message: issue.message };
      const message = `expected ${types.map((type) => TYPE_WORDS[type] ?? type).join(" or ")}, not ${shown}`;
      const isBare = node.kind === "scalar" && (typeof node.value === "number" || typeof node.value === "boolean");
      return types.includes("string") && isBare && !isSecret
        ? { message, suggestion: `for a text, put it in quotes: "${asWritten(node)}"` }
        : { message };
    }
    case "invalid_value": {
      const values = distinctWords(issue.values.map(String));
      const near = node.kind === "scalar" ? nearest(String(node.value), values) : undefined;
      const message = values.length === 1 ? `${shown} is not allowed; only ${values[0]} is` : `${shown} is not one of ${values.join(", ")}`;
      return near === undefined ? { message } : { message, suggestion: `did you mean "${near}"?` };
    }
    case "too_small":
      return {
        message:
          issue.origin === "string" || issue.origin === "array"
            ? sized(issue, "at least", Number(issue.minimum))
            : `${shown} is too small: ${bound(issue, "at least", "more than")} ${issue.minimum}`,
      };
    case "too_big":
      return {
        message:
          issue.origin === "string" || issue.origin === "array"
            ? sized(issue, "at most", Number(issue.maximum))
            : `${shown} is too large: ${bound(issue, "at most", "less than")} ${issue.maximum}`,
      };
    default:
      return { message: issue.message };
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
  null: "nothing",
};

/** `1.10`, which YAML reads as 1.1. */
function asWritten(node: ScalarTree): string {
  const { line, column, length, sourceLine } = node.place;
  return line > 0 && node.original === undefined ? sourceLine.slice(column - 1, column - 1 + length) : (node.original ?? String(node.value));
}

/** Without the same word in capitals, which otelcol takes as well. */
function distinctWords(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => words.findIndex((other) => other.toLowerCase() === word.toLowerCase()) === index);
}

function bound(issue: { readonly inclusive?: boolean | undefined }, including: string, beyond: string): string {
  return issue.inclusive === false ? beyond : including;
}

function sized(issue: { readonly origin: string }, limit: string, size: number): string {
  const words = issue.origin === "string" ? ["character", "characters"] : ["item", "items"];
  return `must have ${limit} ${size} ${size === 1 ? words[0] : words[1]}`;
}

function expectedTypes(issue: Issue): readonly string[] {
  if (issue.code === "invalid_type") return [issue.expected];
  if (issue.code !== "invalid_union") return [];
  return issue.errors.flatMap((branch) => branch.filter((inner) => inner.path.length === 0).flatMap((inner) => expectedTypes(inner as Issue)));
}

/** The branch of a union that the writer must have meant: the one that got furthest into the value. */
function bestBranch(issue: Extract<Issue, { code: "invalid_union" }>): readonly Issue[] | undefined {
  const meant = issue.errors.filter(
    (branch) => branch.length > 0 && !branch.some((inner) => inner.path.length === 0 && inner.code === "invalid_type"),
  );
  return meant.sort((a, b) => a.length - b.length)[0] as readonly Issue[] | undefined;
}

function isNull(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}
