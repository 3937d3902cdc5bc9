import type { AnyValue, Attributes, Value, ValueKind } from "../../collector/model/attributes.ts";
import { jsonNumberText } from "./number-text.ts";

/** What otelcol calls the kinds (pdata `ValueType.String()`). */
const KIND_WORDS: Readonly<Record<ValueKind, string>> = {
  empty: "Empty",
  string: "Str",
  bool: "Bool",
  int: "Int",
  double: "Double",
  bytes: "Bytes",
  array: "Slice",
  map: "Map",
};

/** A value as `Type(text)`. */
export function typedText(kind: ValueKind, value: Value): string {
  return kind === "string" ? `Str(${value as string})` : `${KIND_WORDS[kind]}(${bareText({ kind, value } as AnyValue)})`;
}

/** pdata's `Value.AsString()`: text as it is, bytes in base64, maps (keys sorted) and lists as JSON; "" for what JSON cannot hold (NaN inside a list). */
export function bareText(any: AnyValue): string {
  switch (any.kind) {
    case "string":
      return any.value;
    case "empty":
      return "";
    case "double":
      return jsonNumberText(any.value);
    case "bytes":
      return Buffer.from(any.value.buffer, any.value.byteOffset, any.value.length).toString("base64");
    case "array":
    case "map":
      return jsonText(any) ?? "";
    default:
      return String(any.value);
  }
}

/** Undefined where a number below is not finite: Go's encoder refuses the whole value then. */
function jsonText(any: AnyValue): string | undefined {
  switch (any.kind) {
    case "empty":
      return "null";
    case "double":
      return Number.isFinite(any.value) ? jsonNumberText(any.value) : undefined;
    case "string":
    case "bytes":
      return quoted(bareText(any));
    case "array":
      return joined("[", any.value.map(jsonText), "]");
    case "map":
      return joined("{", mapEntries(any.value), "}");
    default:
      return String(any.value);
  }
}

/** Sorted by key; of a repeated key the last value counts. */
function mapEntries(attributes: Attributes): readonly (string | undefined)[] {
  const last = new Map<string, AnyValue>(attributes);
  return [...last.keys()].sort().map((key) => {
    const text = jsonText(last.get(key) as AnyValue);
    return text === undefined ? undefined : `${quoted(key)}:${text}`;
  });
}

function joined(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${open}${parts.join(",")}${close}`;
}

/** Go also escapes the two line separators of Unicode. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (char) => (char === "\u2028" ? "\\u2028" : "\\u2029"));
}
