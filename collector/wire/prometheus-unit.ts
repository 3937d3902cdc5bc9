/*
 * UCUM units (what OTLP carries) as the words of Prometheus names, and back.
 * Source: prometheus/otlptranslator unit_namer.go @51da773; opentelemetry-specification compatibility/prometheus_and_openmetrics.md (the same
 * table but for two spellings, SPECIFICATION_UNITS).
 */
const MAIN_UNITS: ReadonlyMap<string, string> = new Map([
  ["d", "days"],
  ["h", "hours"],
  ["min", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
  ["By", "bytes"],
  ["KiBy", "kibibytes"],
  ["MiBy", "mebibytes"],
  ["GiBy", "gibibytes"],
  ["TiBy", "tibibytes"],
  ["KBy", "kilobytes"],
  ["MBy", "megabytes"],
  ["GBy", "gigabytes"],
  ["TBy", "terabytes"],
  ["m", "meters"],
  ["V", "volts"],
  ["A", "amperes"],
  ["J", "joules"],
  ["W", "watts"],
  ["g", "grams"],
  ["Cel", "celsius"],
  ["Hz", "hertz"],
  ["1", ""],
  ["%", "percent"],
]);

/** What the specification spells otherwise: Prometheus' server writes `tibibytes`, and knows only `KBy` where UCUM says `kBy`. */
const SPECIFICATION_UNITS: ReadonlyMap<string, string> = new Map([
  ["TiBy", "tebibytes"],
  ["kBy", "kilobytes"],
]);

/** Behind a slash; `m` is a minute here. */
const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ["s", "second"],
  ["m", "minute"],
  ["h", "hour"],
  ["d", "day"],
  ["w", "week"],
  ["mo", "month"],
  ["y", "year"],
]);

/** Whose words: those of Prometheus' own server (and of every tool that uses its translator), or the specification's. */
export const UNIT_SPELLINGS = ["prometheus", "specification"] as const;
export type UnitSpelling = (typeof UNIT_SPELLINGS)[number];

/** The word before and the word behind the slash; "" where there is none, or where the unit is an annotation in braces. */
export interface UnitWords {
  readonly main: string;
  readonly per: string;
}

export function unitWords(unit: string, spelling: UnitSpelling = "prometheus"): UnitWords {
  const slash = unit.indexOf("/");
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const per = slash < 0 ? "" : unit.slice(slash + 1).trim();
  const special = spelling === "specification" ? SPECIFICATION_UNITS.get(main) : undefined;
  return { main: special ?? wordOf(main, MAIN_UNITS), per: wordOf(per, PER_UNITS) };
}

function wordOf(unit: string, words: ReadonlyMap<string, string>): string {
  return /[{}]/.test(unit) ? "" : (words.get(unit) ?? unit);
}

/** Both words in the alphabet of metric names, the second behind `per_`. What is cut off at the end leaves its underscore, as in Prometheus. */
export function unitSuffixes(unit: string, spelling: UnitSpelling = "prometheus"): { readonly main: string; readonly per: string } {
  const words = unitWords(unit, spelling);
  const per = words.per === "" ? "" : cleaned(`per_${words.per}`);
  return { main: cleaned(words.main), per: per === "per_" ? "" : per };
}

function cleaned(word: string): string {
  return word.replace(/[^A-Za-z0-9:]+/g, "_").replace(/^_/, "");
}

/** What a `# UNIT` line says: "bytes_per_second". "" = no unit. */
export function unitName(unit: string, utf8: boolean, spelling: UnitSpelling = "prometheus"): string {
  const words = unitWords(unit, spelling);
  const { main, per } = utf8 ? { main: words.main, per: words.per === "" ? "" : `per_${words.per}` } : unitSuffixes(unit, spelling);
  const name = main === "" || per === "" ? main + per : `${main}_${per}`;
  return name.replace(/^_/, "").replace(/_$/, "");
}

const UCUM_UNITS: ReadonlyMap<string, string> = new Map([
  ...[...MAIN_UNITS].filter(([unit]) => unit !== "1" && unit !== "KBy").map(([unit, word]) => [word, unit] as const),
  ...[...SPECIFICATION_UNITS].map(([unit, word]) => [word, unit] as const),
  ["ratio", "1"],
]);
const UCUM_PER_UNITS: ReadonlyMap<string, string> = new Map([...PER_UNITS].map(([unit, word]) => [word, unit] as const));

/** The way back: the UCUM unit that a Prometheus unit word means; unknown words stay. Source: the specification's table, read from right to left */
export function ucumUnit(name: string): string {
  const at = name.indexOf("_per_");
  const main = at < 0 ? name : name.slice(0, at);
  const per = at < 0 ? "" : name.slice(at + "_per_".length);
  const unit = UCUM_UNITS.get(main) ?? main;
  return per === "" ? unit : `${unit}/${UCUM_PER_UNITS.get(per) ?? per}`;
}
