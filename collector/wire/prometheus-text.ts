import { isLegacyLabelName } from "./prometheus-escape.ts";
import { isLegacyName } from "./prometheus-name.ts";

/** NUL becomes U+FFFD: in exemplars and in quoted names it fails a scrape as a whole (prometheus: model/textparse lexers read it as the end). */
export function escapeLabelValue(value: string): string {
  return NEEDS_ESCAPE.test(value) ? value.replace(/[\\"\n\0]/g, (found) => ESCAPES[found] as string) : value;
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\0": "\uFFFD" };
const NEEDS_ESCAPE = /[\\"\n\0]/;

/** `a="b",c="d"` in the order given; a name outside the legacy alphabet stands in quotes. */
export function formatLabels(labels: Iterable<readonly [name: string, value: string]>): string {
  let text = "";
  for (const [name, value] of labels) {
    text += `${text === "" ? "" : ","}${isLegacyLabelName(name) ? name : `"${escapeLabelValue(name)}"`}="${escapeLabelValue(value)}"`;
  }
  return text;
}

/** A sample's line up to its value: `name{a="b"} `, `name ` without labels, `{"na.me",a="b"} ` where the name needs quotes. */
export function formatLineStart(name: string, labels: string): string {
  if (isLegacyName(name)) return labels === "" ? `${name} ` : `${name}{${labels}} `;
  return `{${formatFamilyName(name)}${labels === "" ? "" : `,${labels}`}} `;
}

/** As it stands in HELP, TYPE and UNIT lines. */
export function formatFamilyName(name: string): string {
  return isLegacyName(name) ? name : `"${escapeLabelValue(name)}"`;
}

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
