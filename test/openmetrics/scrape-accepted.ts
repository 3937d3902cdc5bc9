/** What three Prometheus servers do with a body: scraped, or the target is down. */
export interface Acceptance {
  readonly "2.42": boolean;
  readonly "2.53": boolean;
  readonly "3.5": boolean;
}

interface Server {
  /** Names in quotes are read. */
  readonly readsQuotes: boolean;
  /** And may be any text: 2.53 reads them, and then refuses what is not legacy in them. */
  readonly utf8: boolean;
  /** Exemplars anywhere; else only behind names that end in `_total` or `_bucket`. */
  readonly exemplarsAnywhere: boolean;
  /** A body without a known Content-Type is read as text. */
  readonly guessesText: boolean;
}

const SERVERS: Readonly<Record<keyof Acceptance, Server>> = {
  "2.42": { readsQuotes: false, utf8: false, exemplarsAnywhere: false, guessesText: true },
  "2.53": { readsQuotes: true, utf8: false, exemplarsAnywhere: true, guessesText: true },
  "3.5": { readsQuotes: true, utf8: true, exemplarsAnywhere: true, guessesText: false },
};

/**
 * A model of what was measured on Debian's 2.42.0, 2.53.3 and 3.5.3. It knows what their lexers and the checks behind them refuse, which is
 * much less than the formats forbid: families may be interleaved, samples come twice, histograms be broken.
 * `contentType`: a media type, or short `text`, `om`, `none`.
 *
 * Source: prometheus/prometheus model/textparse (promlex.l, openmetricslex.l and their parsers), scrape/scrape.go
 */
export function scrapeAccepted(contentType: string, body: string): Acceptance {
  const of = (server: Server): boolean => accepts(contentType, body, server);
  return { "2.42": of(SERVERS["2.42"]), "2.53": of(SERVERS["2.53"]), "3.5": of(SERVERS["3.5"]) };
}

function accepts(contentType: string, body: string, server: Server): boolean {
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  if (type === "om" || type === "application/openmetrics-text") return acceptsOpenMetrics(body, server);
  const isText = type === "text" || type === "text/plain";
  return (isText || server.guessesText) && acceptsText(body, server);
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = "[a-zA-Z_][a-zA-Z0-9_]*";
const QUOTED = '"(?:\\\\[^\\n]|[^\\\\"\\n])*"';
/** A label's value; lines of OpenMetrics end at every line break. */
const VALUE = '"(?:\\\\[\\s\\S]|[^\\\\"])*"';
const TEXT_TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];
const OPENMETRICS_TYPES = ["counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown"];

function acceptsText(body: string, server: Server): boolean {
  const nul = body.indexOf("\0");
  return textLines(nul < 0 ? body : body.slice(0, nul)).every((line) => {
    if (/^[ \t]*$/.test(line)) return true;
    const meta = new RegExp(`^[ \\t]*#[ \\t]+(HELP|TYPE)[ \\t]+(${NAME}|${QUOTED})(?:[ \\t](.*))?$`).exec(line);
    if (meta !== null) return takesName(meta[2] as string, server) && (meta[1] === "HELP" || TEXT_TYPES.includes((meta[3] ?? "").trimStart()));
    if (/^[ \t]*#/.test(line)) return !/^[ \t]*#[ \t]+(HELP|TYPE)[ \t]/.test(line);
    // What stands before the name becomes a part of it: a name that only UTF-8 allows.
    if (/^[ \t]+[a-zA-Z_:]/.test(line) && !server.utf8) return false;
    const series = readSeries(line, server, "[ \\t]*", true);
    if (series === undefined) return false;
    const [value, timestamp, ...more] = line
      .slice(series.length)
      .trim()
      .split(/[ \t]+/);
    return isFloat(value ?? "") && (timestamp === undefined || /^\d+$/.test(timestamp)) && more.length === 0 && !/\r/.test(line);
  });
}

/** A line break in a value between quotes does not end the line. */
function textLines(body: string): readonly string[] {
  const lines: string[] = [];
  for (const piece of body.split("\n")) {
    const last = lines.at(-1);
    const isOpen = last !== undefined && !/^[ \t]*#/.test(last) && (last.replace(/\\./gs, "").match(/"/g)?.length ?? 0) % 2 === 1;
    if (isOpen) lines[lines.length - 1] = `${last}\n${piece}`;
    else lines.push(piece);
  }
  return lines;
}

function acceptsOpenMetrics(body: string, server: Server): boolean {
  const end = /(?:^|\n)# EOF\n?$/.exec(body);
  if (end === null || body.includes("\0")) return false;
  const lines = body.slice(0, end.index).split("\n");
  return (lines.length === 1 && lines[0] === "") || lines.every((line) => acceptsOpenMetricsLine(line, server));
}

function acceptsOpenMetricsLine(line: string, server: Server): boolean {
  if (line.startsWith("#")) {
    const meta = new RegExp(`^# (HELP|TYPE|UNIT) (${NAME}|${QUOTED}) (.*)$`).exec(line);
    if (meta === null || !takesName(meta[2] as string, server)) return false;
    const [, word, written, rest] = meta as unknown as [string, string, string, string];
    const name = written.replace(/^"|"$/g, "");
    return word === "HELP" || (word === "TYPE" ? OPENMETRICS_TYPES.includes(rest) : rest === "" || name.endsWith(`_${rest}`));
  }
  const series = readSeries(line, server, "", false);
  if (series === undefined) return false;
  const match = /^ ([^ ]+)(?: ([^# ][^ ]*))?(?: # (\{.*\}) ([^ ]+)(?: ([^ ]+))?)?$/.exec(line.slice(series.length));
  if (match === null) return false;
  const [, value, timestamp, exemplar, exemplarValue, exemplarTime] = match;
  if (!isFloat(value as string) || !isTime(timestamp)) return false;
  if (exemplar === undefined) return true;
  const takesExemplar = server.exemplarsAnywhere || /(_total|_bucket)$/.test(series.name);
  return (
    takesExemplar && readLabels(exemplar, server, "", false)?.length === exemplar.length && isFloat(exemplarValue as string) && isTime(exemplarTime)
  );
}

/** Name and labels at the beginning of a line, and how long they are. */
function readSeries(
  line: string,
  server: Server,
  blank: string,
  freeCommas: boolean,
): { readonly name: string; readonly length: number } | undefined {
  const name = new RegExp(`^${blank}(${NAME})${blank}`).exec(line);
  const quoted = server.readsQuotes ? new RegExp(`^${blank}\\{${blank}(${QUOTED})${blank}(?:,|(?=\\}))`).exec(line) : null;
  const start = name ?? quoted;
  if (start === null || (quoted !== null && !mayStand(quoted[1] as string, server, NAME))) return undefined;
  const rest = quoted !== null && name === null ? `{${line.slice(start[0].length)}` : line.slice(start[0].length);
  if (!rest.startsWith("{")) return { name: start[1] as string, length: start[0].length };
  const labels = readLabels(rest, server, blank, freeCommas);
  if (labels === undefined) return undefined;
  return { name: start[1] as string, length: line.length - rest.length + labels.length };
}

/** `{a="b",…}` at the beginning; undefined where it is broken, or a name stands there twice. */
function readLabels(text: string, server: Server, blank: string, freeCommas: boolean): { readonly length: number } | undefined {
  const pair = new RegExp(
    `${blank}(${LABEL}${server.readsQuotes ? `|${QUOTED}` : ""})${blank}=${blank}${VALUE}${blank}(,|(?=\\})${freeCommas ? "|" : ""})`,
    "y",
  );
  const names = new Set<string>();
  let at = 1;
  for (;;) {
    const close = new RegExp(`${blank}\\}`, "y");
    close.lastIndex = at;
    const isLast = close.test(text);
    // The comma behind the last label: in OpenMetrics only since names may stand in quotes.
    if (isLast && text[at - 1] === "," && !freeCommas && !server.readsQuotes) return undefined;
    if (isLast) return { length: close.lastIndex };
    pair.lastIndex = at;
    const found = pair.exec(text);
    const name = found?.[1]?.replace(/^"|"$/g, "");
    if (name === undefined || name === "__name__" || names.has(name) || !mayStand(found?.[1] as string, server, LABEL)) return undefined;
    names.add(name);
    at = pair.lastIndex;
  }
}

/** Whether a name that was read is also allowed; in quotes it may be anything but empty, if anything at all. */
function mayStand(written: string, server: Server, legacy: string): boolean {
  return !written.startsWith('"') || (server.utf8 ? written.length > 2 : new RegExp(`^"${legacy}"$`).test(written));
}

function takesName(written: string, server: Server): boolean {
  return server.readsQuotes || !written.startsWith('"');
}

/** As Go reads floats, without hexadecimal ones; what is out of range is an error there. */
function isFloat(text: string): boolean {
  return (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text))) || /^(?:[+-]?inf(?:inity)?|nan)$/i.test(text);
}

function isTime(text: string | undefined): boolean {
  return text === undefined || (isFloat(text) && Number.isFinite(Number(text)));
}
