/** Content types of the exposition formats. */
export const TEXT_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
/** Text with quoted UTF-8 names: only for who asks with `escaping=allow-utf-8`, Prometheus 3.0 and later. */
export const UTF8_TEXT_CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
export const OPENMETRICS_CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
export const UTF8_OPENMETRICS_CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8";

/** NUL becomes U+FFFD: in exemplars and in quoted names it fails a scrape as a whole (prometheus: model/textparse lexers read it as the end). */
export function escapeLabelValue(value: string): string {
  return NEEDS_ESCAPE.test(value) ? value.replace(/[\\"\n\0]/g, (found) => ESCAPES[found] as string) : value;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\0": "\uFFFD" };
const NEEDS_ESCAPE = /[\\"\n\0]/;

/** HELP text; OpenMetrics escapes the quote as well. A carriage return would end the line for some parsers and becomes a space. */
export function escapeHelp(text: string, openMetrics: boolean): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", " ").replaceAll("\0", "\uFFFD");
  return openMetrics ? escaped.replaceAll('"', '\\"') : escaped;
}

/**
 * A bound or quantile as label text: Go's `%g` with `.0` where it looks like an integer, OpenMetrics' canonical form. One style for all
 * formats, so that a histogram is the same series under each.
 */
export function formatBound(value: number): string {
  const text = formatGo(value);
  return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}

/** Go's strconv.FormatFloat(value, 'g', -1, 64): the shortest digits, with an exponent below 1e-4 and from 1e6 on. */
function formatGo(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** A sample value. JavaScript's shortest decimal reads back as the same double everywhere. */
export function formatValue(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}
