import {
  OPENMETRICS_CONTENT_TYPE,
  TEXT_CONTENT_TYPE,
  UTF8_OPENMETRICS_CONTENT_TYPE,
  UTF8_TEXT_CONTENT_TYPE,
} from "../../collector/wire/prometheus-text.ts";

export interface Format {
  readonly openMetrics: boolean;
  readonly contentType: string;
}

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * The format of an exposition from the request's `Accept`; undefined where the names are UTF-8 and the scraper (Prometheus before 3.0) asks
 * for formats that cannot carry them. Text 0.0.4 for whoever does not care.
 *
 * Source: prometheus/docs docs/instrumenting/content_negotiation.md
 */
export function negotiateFormat(accept: string | undefined, options: { readonly openMetrics: boolean; readonly utf8: boolean }): Format | undefined {
  const text: Format = { openMetrics: false, contentType: options.utf8 ? UTF8_TEXT_CONTENT_TYPE : TEXT_CONTENT_TYPE };
  const openMetrics: Format = { openMetrics: true, contentType: options.utf8 ? UTF8_OPENMETRICS_CONTENT_TYPE : OPENMETRICS_CONTENT_TYPE };
  const ranges = parseRanges(accept ?? "").sort((a, b) => b.quality - a.quality);
  if (ranges.length === 0) return text;
  for (const { type, parameters, quality } of ranges) {
    if (quality === 0) continue;
    const takesNames = !options.utf8 || parameters.get("escaping") === "allow-utf-8";
    if (type === "*/*" || type === "text/*") return text;
    if (type === "text/html") return text;
    if (!takesNames) continue;
    if (type === "text/plain" && isOneOf(parameters.get("version"), ["0.0.4", "1.0.0"])) return text;
    if (type === "application/openmetrics-text" && options.openMetrics && isOneOf(parameters.get("version"), ["1.0.0", "0.0.1"])) return openMetrics;
  }
  return options.utf8 ? undefined : text;
}

/** Whether a coding may be used: named, or covered by `*`, and not with quality 0. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const ranges = parseRanges(acceptEncoding ?? "");
  const found = ranges.find(({ type }) => type === "gzip" || type === "x-gzip") ?? ranges.find(({ type }) => type === "*");
  return found !== undefined && found.quality > 0;
}

function isOneOf(version: string | undefined, known: readonly string[]): boolean {
  return version === undefined || known.includes(version);
}

function parseRanges(header: string): Range[] {
  return header
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [type, ...rest] = part.split(";").map((piece) => piece.trim());
      const parameters = new Map(rest.map((pair) => pair.split("=").map((side) => side.trim().replace(/^"|"$/g, "")) as [string, string]));
      const quality = Number(parameters.get("q") ?? 1);
      return { type: (type ?? "").toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
    });
}
