import { LOAD_FORMATS } from "./formats.ts";
import { objectOf, parseJson } from "./parse-number.ts";
import type { FileHead, LoadFormat } from "./reader.ts";

export type Detected =
  | { readonly kind: "format"; readonly format: LoadFormat }
  /** Unpack it and ask again. */
  | { readonly kind: "compressed"; readonly encoding: "gzip" | "zstd" }
  /** Known, and not read; with the reason in words. */
  | { readonly kind: "refused"; readonly what: string }
  | { readonly kind: "unknown" };

/** Enough for every heading; a document of JSON longer than that is recognised by its first keys. */
export const DETECT_BYTES = 65_536;

/**
 * Which format a file has, by its first bytes; the name counts only for what content cannot tell.
 */
export function detectFormat(firstBytes: Uint8Array, fileName = ""): Detected {
  const [a, b, c, d] = firstBytes;
  if (a === 0x1f && b === 0x8b) return { kind: "compressed", encoding: "gzip" };
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return { kind: "compressed", encoding: "zstd" };
  const name = (fileName.split(/[\\/]/).at(-1) ?? "").toLowerCase();
  if (a === 0 && name.endsWith("simulation.log")) {
    return {
      kind: "refused",
      what: "a binary simulation.log of Gatling 3.13 or newer, whose format is not meant to be read: use Gatling up to 3.12",
    };
  }
  const head = headOf(firstBytes, name);
  if (/^<\?xml[\s\S]*<testResults/.test(head.text)) {
    return { kind: "refused", what: "a JTL of JMeter in XML: save it as CSV (jmeter.save.saveservice.output_format=csv)" };
  }
  if (head.text.startsWith("SQLite format 3")) return { kind: "refused", what: "a database of SQLite, as of oha --db-url: use --output-format json" };
  const format = LOAD_FORMATS.find((candidate) => candidate.detect(head));
  return format === undefined ? { kind: "unknown" } : { kind: "format", format };
}

function headOf(firstBytes: Uint8Array, fileName: string): FileHead {
  const text = new TextDecoder().decode(firstBytes.subarray(0, DETECT_BYTES)).replaceAll("\0", "\uFFFD");
  const firstLine = text.split("\n", 1)[0]?.replace(/\r$/, "") ?? "";
  const isShort = firstBytes.length <= DETECT_BYTES;
  return { text, fileName, firstLine, json: objectOf(parseJson(firstLine)) ?? (isShort ? objectOf(parseJson(text)) : undefined) };
}
