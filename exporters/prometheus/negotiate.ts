import { NAME_ESCAPINGS, type NameEscaping } from "../../collector/wire/prometheus-escape.ts";

export type FormatKind = "text" | "openmetrics" | "protobuf";

/** What one scrape is answered with. */
export interface Format {
  readonly kind: FormatKind;
  readonly escaping: NameEscaping;
  readonly contentType: string;
}

interface Offer {
  readonly type: string;
  readonly kind: FormatKind;
  /** Accepted versions; a range without a version means the first. */
  readonly versions: readonly string[];
}

/** In order of our preference, where a scraper has none. */
const OFFERS: readonly Offer[] = [
  { type: "text/plain", kind: "text", versions: ["0.0.4", "1.0.0"] },
  { type: "application/openmetrics-text", kind: "openmetrics", versions: ["1.0.0", "0.0.1"] },
  { type: "application/vnd.google.protobuf", kind: "protobuf", versions: [""] },
];
const PROTOBUF = { proto: "io.prometheus.client.MetricFamily", encoding: "delimited" } as const;

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * The format of an exposition from the request's `Accept`: the highest quality wins; among equals what stands first there. Text 0.0.4 for who
 * does not care, or asks for nothing that we have: a scraper that can read nothing else is told by the content type.
 *
 * `escaping` is the scraper's; without it underscores, since who does not name one may be older than UTF-8 names.
 *
 * Source: prometheus/docs docs/instrumenting/content_negotiation.md, escaping_schemes.md; RFC 9110 §12.5.1
 */
export function negotiateFormat(accept: string | undefined, options: { readonly openMetrics: boolean; readonly protobuf: boolean }): Format {
  const offers = OFFERS.filter(({ kind }) => (kind === "openmetrics" ? options.openMetrics : kind !== "protobuf" || options.protobuf));
  const ranges = parseRanges(accept ?? "");
  let best: { readonly range: Range; readonly offer: Offer } | undefined;
  for (const offer of offers) {
    // What names a type decides over it, however much `*/*` is worth (RFC 9110: the most specific range).
    const named = ranges.filter((range) => range.type === offer.type && takesVersion(range, offer));
    const covering = ranges.filter(({ type }) => type === "*/*" || type === `${offer.type.split("/")[0]}/*`);
    const candidates = named.length > 0 ? named : offer.kind === "text" ? covering : [];
    for (const range of candidates) {
      if (range.quality > 0 && (best === undefined || isBetter(range, best.range, ranges))) best = { range, offer };
    }
  }
  return best === undefined ? formatOf("text", "0.0.4", "underscores", false) : chosen(best.range, best.offer);
}

function isBetter(range: Range, than: Range, ranges: readonly Range[]): boolean {
  return range.quality > than.quality || (range.quality === than.quality && ranges.indexOf(range) < ranges.indexOf(than));
}

function takesVersion({ parameters }: Range, { kind, versions }: Offer): boolean {
  if (kind === "protobuf") return parameters.get("proto") === PROTOBUF.proto && parameters.get("encoding") === PROTOBUF.encoding;
  return versions.includes(parameters.get("version") ?? (versions[0] as string));
}

function chosen({ parameters }: Range, { kind, versions }: Offer): Format {
  const asked = parameters.get("escaping");
  const escaping = NAME_ESCAPINGS.find((known) => known === asked) ?? "underscores";
  return formatOf(kind, parameters.get("version") ?? (versions[0] as string), escaping, asked !== undefined);
}

/** The escaping is named where the scraper named one: parsers of before UTF-8 names do not know the word. */
function formatOf(kind: FormatKind, version: string, escaping: NameEscaping, isNamed: boolean): Format {
  const suffix = isNamed ? `; escaping=${escaping}` : "";
  switch (kind) {
    case "text":
      return { kind, escaping, contentType: `text/plain; version=${version}; charset=utf-8${suffix}` };
    case "openmetrics":
      return { kind, escaping, contentType: `application/openmetrics-text; version=${version}; charset=utf-8${suffix}` };
    case "protobuf":
      return { kind, escaping, contentType: `application/vnd.google.protobuf; proto=${PROTOBUF.proto}; encoding=${PROTOBUF.encoding}${suffix}` };
  }
}

/** Whether a coding may be used: named, or covered by `*`, and not with quality 0. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const ranges = parseRanges(acceptEncoding ?? "");
  const found = ranges.find(({ type }) => type === "gzip" || type === "x-gzip") ?? ranges.find(({ type }) => type === "*");
  return found !== undefined && found.quality > 0;
}

function parseRanges(header: string): Range[] {
  return header
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [type, ...rest] = part.split(";").map((piece) => piece.trim());
      const parameters = new Map(rest.map(parameterOf));
      const quality = Number(parameters.get("q") ?? 1);
      return { type: (type ?? "").toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : Math.min(quality, 1) };
    });
}

function parameterOf(pair: string): [string, string] {
  const [name = "", value = ""] = pair.split("=").map((side) => side.trim());
  return [name.toLowerCase(), value.replace(/^"|"$/g, "")];
}
