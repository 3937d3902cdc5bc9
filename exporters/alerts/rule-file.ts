import { readFile } from "node:fs/promises";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { planRule, type WrittenGroup, type WrittenRule } from "../../collector/alerts/rule-plan.ts";
import { LoadError } from "../../collector/model/errors.ts";
import { METRIC_NAME } from "../../collector/promql/label-set.ts";
import { parseDuration } from "../../collector/promql/parse-duration.ts";
import { isLegacyLabelName } from "../../collector/wire/prometheus-escape.ts";

const GROUP_KEYS = ["name", "interval", "rules", "limit", "query_offset", "labels"];
const RULE_KEYS = ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

/**
 * A rule file as Prometheus takes it (docs/configuration/recording_rules.md), with every expression and template checked.
 * Throws: `LoadError` with file:line:column: E_FILE, E_CONFIG_SYNTAX, or E_CONFIG_INVALID with all mistakes at once.
 */
export async function readRuleFile(path: string): Promise<readonly WrittenGroup[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new LoadError("E_FILE", `the rule file ${path} cannot be read`, { cause });
  });
  return parseRuleFile(text, path);
}

export function parseRuleFile(text: string, path: string): readonly WrittenGroup[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    throw new LoadError("E_CONFIG_SYNTAX", `${path}:${line}:${col}: ${syntax.message.split("\n")[0]}`);
  }
  const file = new RuleFile(path, lines);
  const groups = file.groups(document.contents);
  if (file.problems.length > 0) {
    throw new LoadError("E_CONFIG_INVALID", file.problems.join("\n"), { hint: "Correct the rules at the places shown." });
  }
  return groups;
}

class RuleFile {
  readonly problems: string[] = [];
  readonly #path: string;
  readonly #lines: LineCounter;

  constructor(path: string, lines: LineCounter) {
    this.#path = path;
    this.#lines = lines;
  }

  groups(node: unknown): readonly WrittenGroup[] {
    const root = this.#map(node, "a rule file", ["groups"]);
    const found = this.#list(root, "groups").map((group) => this.#group(group));
    const names = found.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) !== index) this.#fail(root, `two groups are called ${JSON.stringify(name)}`);
    });
    return found;
  }

  #group(node: unknown): WrittenGroup {
    const map = this.#map(node, "a group", GROUP_KEYS);
    const labels = this.#labels(map, "labels");
    const queryOffsetMs = this.#duration(map, "query_offset");
    const limit = this.#limit(map);
    return {
      name: this.#text(map, "name") ?? this.#missing(map, "a group needs a name"),
      // 0 is as good as nothing, as in Prometheus.
      intervalMs: this.#duration(map, "interval") || undefined,
      ...(queryOffsetMs === undefined ? {} : { queryOffsetMs }),
      ...(limit === undefined ? {} : { limit }),
      rules: this.#list(map, "rules").map((rule) => this.#rule(rule, labels)),
    };
  }

  #rule(node: unknown, groupLabels: Readonly<Record<string, string>>): WrittenRule {
    const map = this.#map(node, "a rule", RULE_KEYS);
    const record = this.#text(map, "record") || undefined;
    const alert = this.#text(map, "alert") || undefined;
    if ((record === undefined) === (alert === undefined)) this.#fail(map, "a rule has either `record` or `alert`");
    if (record !== undefined && !/^[A-Za-z_:][A-Za-z0-9_:]*$/.test(record))
      this.#fail(map?.get("record", true), `${JSON.stringify(record)} is not a metric name`);
    for (const key of record === undefined ? [] : ["for", "keep_firing_for", "annotations"]) {
      if (map?.has(key)) this.#fail(map.get(key, true), `a recording rule has no \`${key}\``);
    }
    const rule: WrittenRule = {
      kind: record === undefined ? "alert" : "record",
      name: record ?? alert ?? "",
      expr: this.#text(map, "expr") ?? this.#missing(map, "a rule needs an `expr`"),
      labels: { ...groupLabels, ...this.#labels(map, "labels") },
      annotations: this.#labels(map, "annotations"),
      forMs: this.#duration(map, "for") ?? 0,
      keepFiringForMs: this.#duration(map, "keep_firing_for") ?? 0,
    };
    this.#check(rule, map);
    return rule;
  }

  #check(rule: WrittenRule, map: YAMLMap | undefined): void {
    if (!map?.has("expr")) return;
    try {
      planRule(rule);
    } catch (error) {
      const isTemplate = error instanceof Error && error.name === "TemplateError";
      this.#fail(
        map?.get(isTemplate ? "annotations" : "expr", true) ?? map,
        `${rule.name}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #map(node: unknown, what: string, keys: readonly string[]): YAMLMap | undefined {
    if (!isMap(node)) {
      this.#fail(node, `${what} is a mapping`);
      return undefined;
    }
    for (const { key } of node.items) {
      const word = isScalar(key) ? String(key.value) : "";
      if (!keys.includes(word)) this.#fail(key, `${what} has no key ${JSON.stringify(word)}; it may have ${keys.join(", ")}`);
    }
    return node;
  }

  #list(map: YAMLMap | undefined, key: string): readonly unknown[] {
    const node = map?.get(key, true) as unknown;
    if (isSeq(node)) return node.items;
    if (map !== undefined && node !== undefined && !(isScalar(node) && node.value === null)) this.#fail(node, `\`${key}\` is a list`);
    return [];
  }

  #text(map: YAMLMap | undefined, key: string): string | undefined {
    const node = map?.get(key, true) as unknown;
    if (node === undefined) return undefined;
    if (isScalar(node) && (typeof node.value === "string" || typeof node.value === "number")) return String(node.value);
    this.#fail(node, `\`${key}\` is a text`);
    return undefined;
  }

  #texts(map: YAMLMap | undefined, key: string): Readonly<Record<string, string>> {
    const node = map?.get(key, true) as unknown;
    if (node === undefined || (isScalar(node) && node.value === null)) return {};
    if (!isMap(node)) {
      this.#fail(node, `\`${key}\` is a mapping`);
      return {};
    }
    return Object.fromEntries(node.items.map((pair) => [String(pair.key), isScalar(pair.value) ? String(pair.value.value) : ""]));
  }

  /** A mapping whose keys are label names; the name of the series is none that a rule may set. */
  #labels(map: YAMLMap | undefined, key: string): Readonly<Record<string, string>> {
    const texts = this.#texts(map, key);
    for (const name of Object.keys(texts)) {
      if (!isLegacyLabelName(name) || name === METRIC_NAME) this.#fail(map?.get(key, true), `${JSON.stringify(name)} is not a label name`);
    }
    return texts;
  }

  #duration(map: YAMLMap | undefined, key: string): number | undefined {
    const text = this.#text(map, key);
    if (text === undefined) return undefined;
    const ms = parseDuration(text);
    if (ms === undefined) this.#fail(map?.get(key, true), `${JSON.stringify(text)} is not a duration`);
    return ms;
  }

  /** 0 = none, as in Prometheus. */
  #limit(map: YAMLMap | undefined): number | undefined {
    const text = this.#text(map, "limit");
    if (text === undefined || text === "0") return undefined;
    if (!/^\d+$/.test(text)) this.#fail(map?.get("limit", true), `${JSON.stringify(text)} is not a number of alerts or series`);
    return Number(text);
  }

  #missing(node: unknown, problem: string): string {
    this.#fail(node, problem);
    return "";
  }

  #fail(node: unknown, problem: string): void {
    const start = (node as Node | null | undefined)?.range?.[0];
    const { line, col } = start === undefined ? { line: 1, col: 1 } : this.#lines.linePos(start);
    this.problems.push(`${this.#path}:${line}:${col}: ${problem}`);
  }
}
