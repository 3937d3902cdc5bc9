import { type UnitSpelling, unitSuffixes, unitWords } from "./prometheus-unit.ts";

/** How OTLP names become Prometheus names; the words are those of Prometheus' own `otlp.translation_strategy`. */
export const TRANSLATION_STRATEGIES = [
  "UnderscoreEscapingWithSuffixes",
  "UnderscoreEscapingWithoutSuffixes",
  "NoUTF8EscapingWithSuffixes",
  "NoTranslation",
] as const;
export type TranslationStrategy = (typeof TRANSLATION_STRATEGIES)[number];

export interface NamedMetric {
  readonly name: string;
  readonly unit: string;
  /** Gets `_total`. */
  readonly isCounter: boolean;
  /** With unit `1` gets `_ratio`. */
  readonly isGauge: boolean;
  /** Prefix, "" = none. */
  readonly namespace: string;
  /** Default: Prometheus' own. */
  readonly unitSpelling?: UnitSpelling;
}

/**
 * The Prometheus name of a metric; undefined where nothing nameable is left.
 * Source: prometheus/otlptranslator metric_namer.go @51da773
 */
export function metricName(metric: NamedMetric, strategy: TranslationStrategy): string | undefined {
  switch (strategy) {
    case "UnderscoreEscapingWithSuffixes":
      return checked(escapedWithSuffixes(metric), metric.name);
    case "UnderscoreEscapingWithoutSuffixes":
      return checked(escapedAlone(metric), metric.name);
    case "NoUTF8EscapingWithSuffixes":
      return withSuffixes(metric) || undefined;
    case "NoTranslation":
      return spaced(metric.namespace, metric.name) || undefined;
  }
}

export function allowsUtf8(strategy: TranslationStrategy): boolean {
  return strategy === "NoUTF8EscapingWithSuffixes" || strategy === "NoTranslation";
}

export function addsSuffixes(strategy: TranslationStrategy): boolean {
  return strategy === "UnderscoreEscapingWithSuffixes" || strategy === "NoUTF8EscapingWithSuffixes";
}

/** The strategy that does the same to names, with or without suffixes. */
export function strategyWith(utf8: boolean, suffixes: boolean): TranslationStrategy {
  if (utf8) return suffixes ? "NoUTF8EscapingWithSuffixes" : "NoTranslation";
  return suffixes ? "UnderscoreEscapingWithSuffixes" : "UnderscoreEscapingWithoutSuffixes";
}

/** A name that needs no quoting: what every Prometheus before 3.0 takes. */
export function isLegacyName(name: string): boolean {
  return /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(name);
}

function escapedWithSuffixes({ name, unit, isCounter, isGauge, namespace, unitSpelling }: NamedMetric): string {
  const { main, per } = unitSuffixes(unit, unitSpelling);
  let tokens = tokensOf(name);
  const first = per === "" ? main : main.replace(/_$/, "");
  const added = first !== "" && !tokens.includes(first) ? [first] : [];
  if (per !== "") added.push(per.replace(/_$/, ""));
  tokens = [...tokens, ...added];
  if (isCounter) tokens = [...tokens.filter((token) => token !== "total"), "total"];
  if (isGauge && unit === "1") tokens = [...tokens.filter((token) => token !== "ratio"), "ratio"];
  if (tokens.length === 0) return "";
  return digitSafe(spaced(joined(namespace), tokens.join("_")));
}

function tokensOf(name: string): string[] {
  return name.split(/[^A-Za-z0-9:]+/).filter((token) => token !== "");
}

/** Underscores stay as they are; other characters only separate. */
function escapedAlone({ name, namespace }: NamedMetric): string {
  return digitSafe(spaced(joined(namespace), joined(name)));
}

function joined(name: string): string {
  return name
    .split(/[^A-Za-z0-9:_]+/)
    .filter((part) => part !== "")
    .join("_");
}

/**
 * From the end: `_ratio` or `_total`, then the per unit, then the unit; each is taken off where it is there already (the unit: left there).
 * What stands before the suffix counts as its delimiter, whatever it is.
 */
function withSuffixes({ name, unit, isCounter, isGauge, namespace, unitSpelling }: NamedMetric): string {
  if (name === "") return "";
  const words = unitWords(unit, unitSpelling);
  const per = words.per === "" ? "" : `per_${words.per}`;
  const last = isCounter ? "total" : isGauge && unit === "1" ? "ratio" : "";
  let result = spaced(namespace, name);
  if (last !== "") result = without(result, last);
  if (per !== "") result = without(result, per);
  if (words.main !== "" && !result.endsWith(words.main)) result = `${result}_${words.main}`;
  return [result, per, last].filter((part) => part !== "").join("_");
}

/** Without the suffix (and its delimiter) if it has it. */
function without(name: string, suffix: string): string {
  return name.endsWith(suffix) && name.length > suffix.length + 1 ? name.slice(0, -suffix.length - 1) : name;
}

function spaced(namespace: string, name: string): string {
  return namespace === "" || name === "" ? name : `${namespace}_${name}`;
}

function digitSafe(name: string): string {
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** Only underscores are no name, unless that is what was sent. */
function checked(name: string, original: string): string | undefined {
  if (name === "") return undefined;
  return name === original || /[^_]/.test(name) ? name : undefined;
}
