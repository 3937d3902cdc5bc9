import type { WorkValue } from "../k6/works-document.ts";
import { isRecord } from "./parse-migration.ts";
import type { Pseudonyms } from "./pseudonyms.ts";
import type { ColumnSort } from "./works-columns.ts";

const STATUSES = new Set(["published", "draft", "private", "unlisted", "archived"]);
const MICROS_KEY = "__timestamp_micros_since_unix_epoch__";
/** Times beyond 1970…2100 are no times. */
const LATEST_MS = 4_102_444_800_000;

/** A private value in the form in which it may leave. Undefined: it is not of the column's type, so it stays behind. */
export function maskValue(sort: ColumnSort, given: unknown, pseudonyms: Pseudonyms): WorkValue | undefined {
  const value = unwrapOption(given);
  if (value === null || value === undefined) return null;
  switch (sort) {
    case "profile":
    case "work":
    case "user":
      return mapText(idText(value), (text) => pseudonyms.id(sort, text));
    case "code":
      return mapText(idText(value), pseudonyms.code);
    case "asset":
      return mapText(idText(value), pseudonyms.asset);
    case "text":
      return mapText(value, pseudonyms.text);
    case "texts":
      return maskTexts(value, pseudonyms);
    case "status":
      return maskStatus(value);
    case "day":
      return dayOf(value);
    case "count":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
    case "flag":
      return typeof value === "boolean" ? value : undefined;
  }
}

/** SpacetimeDB writes an optional value as `{"some": value}` or `{"none": []}`. */
function unwrapOption(value: unknown): unknown {
  if (!isRecord(value)) return value;
  if ("some" in value) return value["some"];
  return "none" in value ? null : value;
}

/** Ids are text or whole numbers; of those that are objects (`{"__identity__": "0x…"}`), the one text in them. */
function idText(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (!isRecord(value)) return value;
  const inner = Object.values(value);
  return inner.length === 1 ? inner[0] : value;
}

/** An empty text stays empty: it names nobody. */
function mapText(value: unknown, mask: (text: string) => string): string | undefined {
  if (typeof value !== "string") return undefined;
  return value === "" ? "" : mask(value);
}

function maskTexts(value: unknown, pseudonyms: Pseudonyms): readonly string[] | string | undefined {
  if (!Array.isArray(value)) return mapText(value, pseudonyms.text);
  const texts = value.map((item: unknown) => mapText(item, pseudonyms.text));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** `"Published"`, or `{"Published": []}` as SpacetimeDB writes an enum. */
function maskStatus(value: unknown): string | undefined {
  const word = isRecord(value) ? Object.keys(value)[0] : value;
  if (typeof word !== "string") return undefined;
  return STATUSES.has(word.toLowerCase()) ? word.toLowerCase() : "other";
}

/** ISO 8601, microseconds since 1970 (SpacetimeDB), or milliseconds. */
function dayOf(value: unknown): string | undefined {
  const given: unknown = isRecord(value) ? (value[MICROS_KEY] ?? value["micros_since_unix_epoch"]) : value;
  const ms = typeof given === "number" ? (given > LATEST_MS ? given / 1000 : given) : typeof given === "string" ? Date.parse(given) : Number.NaN;
  if (!(ms >= 0 && ms <= LATEST_MS)) return undefined;
  return `${new Date(ms).toISOString().slice(0, 10)}T00:00:00.000Z`;
}
