/*
 * UCUM units (what OTLP carries) as the words of Prometheus names.
 * Source: prometheus/otlptranslator unit_namer.go @51da773; its spellings are kept, so that our names are those of Prometheus itself:
 * `TiBy` becomes "tibibytes" (the specification says tebibytes) and `kBy` is unknown (only `KBy` is known).
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

/** The word before and the word behind the slash; "" where there is none, or where the unit is an annotation in braces. */
export interface UnitWords {
  readonly main: string;
  readonly per: string;
}

export function unitWords(unit: string): UnitWords {
  const slash = unit.indexOf("/");
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const per = slash < 0 ? "" : unit.slice(slash + 1).trim();
  return { main: wordOf(main, MAIN_UNITS), per: wordOf(per, PER_UNITS) };
}

function wordOf(unit: string, words: ReadonlyMap<string, string>): string {
  return /[{}]/.test(unit) ? "" : (words.get(unit) ?? unit);
}

/** A unit word made of the characters of metric names only. */
export function cleanUnit(word: string): string {
  return word
    .split(/[^A-Za-z0-9:]+/)
    .filter((token) => token !== "")
    .join("_");
}

/** What a `# UNIT` line says: "bytes_per_second". "" = no unit. */
export function unitName(unit: string, utf8: boolean): string {
  const { main, per } = unitWords(unit);
  const [first, second] = utf8 ? [main, per] : [cleanUnit(main), cleanUnit(per)];
  return [first, second === "" ? "" : `per_${second}`].filter((part) => part !== "").join("_");
}
