import { cleanUnit, unitWords } from "./prometheus-unit.ts";

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

/** A name that needs no quoting: what every Prometheus before 3.0 takes. */
export function isLegacyName(name: string): boolean {
  return /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(name);
}

function escapedWithSuffixes({ name, unit, isCounter, isGauge, namespace }: NamedMetric): string {
  const words = unitWords(unit);
  const main = cleanUnit(words.main);
  const per = cleanUnit(words.per);
  let tokens = tokensOf(name);
  const added: string[] = [];
  if (main !== "" && !tokens.includes(main)) added.push(main);
  if (per !== "" && !tokens.includes(per)) added.push("per", per);
  tokens = [...tokens, ...added];
  if (isCounter) tokens = [...tokens.filter((token) => token !== "total"), "total"];
  if (isGauge && unit === "1") tokens = [...tokens.filter((token) => token !== "ratio"), "ratio"];
  if (tokens.length === 0) return "";
  return digitSafe(spaced(tokensOf(namespace).join("_"), tokens.join("_")));
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

function withSuffixes({ name, unit, isCounter, isGauge, namespace }: NamedMetric): string {
  if (name === "") return "";
  const { main, per } = unitWords(unit);
  let result = spaced(namespace, name);
  if (isCounter) result = result.replace(/_total$/, "");
  if (main !== "") result = `${without(result, main)}_${main}`;
  if (per !== "") result = `${without(result, `per_${per}`)}_per_${per}`;
  if (isCounter) result = `${result}_total`;
  if (isGauge && unit === "1") result = `${without(result, "ratio")}_ratio`;
  return result;
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
