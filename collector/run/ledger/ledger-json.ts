import { type AnyValue, Attributes, type ValueKind } from "../../model/attributes.ts";

/**
 * JSON for the plain data of a ledger, without loss: besides what JSON has, it keeps bigint, Map, Attributes, bytes, undefined properties, -0
 * and the numbers that are not finite. Such a value is written as `{"$": [kind, …]}`; an object that has a key `$` itself, as `{"$": ["object", …]}`.
 * Throws: TypeError for functions and symbols.
 */
export function formatLedgerJson(value: unknown): string {
  return JSON.stringify(packed(value));
}

/** Throws: SyntaxError, TypeError for text that `formatLedgerJson` did not write. */
export function parseLedgerJson(text: string): unknown {
  return unpacked(JSON.parse(text));
}

const MARK = "$";

function packed(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : marked("number", Object.is(value, -0) ? "-0" : `${value}`);
    case "bigint":
      return marked("bigint", `${value}`);
    case "undefined":
      return marked("undefined");
    case "object":
      return value === null ? null : packedObject(value);
    default:
      throw new TypeError(`a ledger cannot hold a ${typeof value}`);
  }
}

function packedObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(packed);
  if (value instanceof Attributes) return marked("attributes", ...[...value].map(([key, any]) => [key, any.kind, packed(any.value)]));
  if (value instanceof Map) return marked("map", ...[...value].map(([key, item]) => [packed(key), packed(item)]));
  if (value instanceof Uint8Array) return marked("bytes", Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"));
  const entries = Object.entries(value).map(([key, item]) => [key, packed(item)] as const);
  return Object.hasOwn(value, MARK) ? marked("object", ...entries) : Object.fromEntries(entries);
}

function marked(kind: string, ...rest: readonly unknown[]): unknown {
  return { [MARK]: [kind, ...rest] };
}

function unpacked(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unpacked);
  if (Object.hasOwn(value, MARK)) return unmarked((value as Record<string, unknown>)[MARK]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpacked(item)] as const));
}

function unmarked(mark: unknown): unknown {
  if (!Array.isArray(mark)) throw new TypeError("a value of no kind");
  const [kind, ...rest] = mark as readonly unknown[];
  switch (kind) {
    case "number":
      return Number(rest[0]);
    case "bigint":
      return BigInt(String(rest[0]));
    case "undefined":
      return undefined;
    case "bytes":
      return new Uint8Array(Buffer.from(String(rest[0]), "base64"));
    case "map":
      return new Map(rest.map((entry) => unpacked(entry) as [unknown, unknown]));
    case "attributes":
      return Attributes.of(
        (rest as readonly [string, ValueKind, unknown][]).map(([key, of, item]) => [key, { kind: of, value: unpacked(item) } as AnyValue]),
      );
    case "object":
      return Object.fromEntries((rest as readonly [string, unknown][]).map(([key, item]) => [key, unpacked(item)] as const));
    default:
      throw new TypeError(`a value of unknown kind ${String(kind)}`);
  }
}
