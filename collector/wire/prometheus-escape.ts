import { isLegacyName } from "./prometheus-name.ts";

/** How names outside the legacy alphabet are written for a scraper; the words are those of `escaping=` in Accept and Content-Type. */
export const NAME_ESCAPINGS = ["underscores", "dots", "values", "allow-utf-8"] as const;
export type NameEscaping = (typeof NAME_ESCAPINGS)[number];

/**
 * A metric name under an escaping. `dots` and `values` are meant to be undone, so `dots` doubles underscores even in legacy names; the
 * others leave legacy names alone. Half a surrogate pair, which UTF-8 cannot hold, counts as U+FFFD.
 *
 * Source: prometheus/docs docs/instrumenting/escaping_schemes.md; prometheus/common model/metric.go EscapeName
 */
export function escapeName(name: string, escaping: NameEscaping): string {
  return escapeWith(name, escaping, isLegacyName, METRIC_RUNE);
}

/** The same for a label, whose legacy alphabet has no colon. */
export function escapeLabelName(name: string, escaping: NameEscaping): string {
  return escapeWith(name, escaping, isLegacyLabelName, LABEL_RUNE);
}

export function isLegacyLabelName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** `utf8` takes every non-empty text that UTF-8 can hold. Source: prometheus/common model/metric.go IsValidMetricName */
export function isValidMetricName(name: string, scheme: "legacy" | "utf8"): boolean {
  return scheme === "legacy" ? isLegacyName(name) : name !== "" && name.isWellFormed();
}

const METRIC_RUNE = /[A-Za-z0-9:]/;
const LABEL_RUNE = /[A-Za-z0-9]/;

function escapeWith(name: string, escaping: NameEscaping, isLegacy: (name: string) => boolean, plain: RegExp): string {
  if (name === "" || escaping === "allow-utf-8" || (escaping !== "dots" && isLegacy(name))) return name;
  const runes = [...name].map((rune, index) => (isPlain(rune, index) ? rune : escapeRune(rune, escaping)));
  return `${escaping === "values" ? "U__" : ""}${runes.join("")}`;

  /** A digit is plain, but not as the first character. */
  function isPlain(rune: string, index: number): boolean {
    return plain.test(rune) && (index > 0 || !/[0-9]/.test(rune));
  }
}

function escapeRune(rune: string, escaping: Exclude<NameEscaping, "allow-utf-8">): string {
  if (escaping === "underscores") return "_";
  if (rune === "_") return "__";
  if (escaping === "dots") return rune === "." ? "_dot_" : "__";
  return rune.isWellFormed() ? `_${(rune.codePointAt(0) as number).toString(16)}_` : "_FFFD_";
}
