import { type AnyValue, Attributes } from "../model/attributes.ts";

/** Go's strconv.ParseInt and ParseFloat, as far as attribute values need them. */
const INT = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** The value in another kind; undefined where it cannot be converted and has to stay as it is. */
export function convertValue(any: AnyValue, to: "int" | "double" | "string"): AnyValue | undefined {
  if (to === any.kind) return any;
  switch (to) {
    case "int":
      return toInt(any);
    case "double":
      return toDouble(any);
    case "string":
      return { kind: "string", value: formatValue(any) };
  }
}

function toInt(any: AnyValue): AnyValue | undefined {
  switch (any.kind) {
    case "bool":
      return { kind: "int", value: any.value ? 1 : 0 };
    case "double":
      return Number.isFinite(any.value) ? intValue(BigInt(Math.trunc(any.value))) : undefined;
    case "string":
      return INT.test(any.value) ? intValue(BigInt(any.value.replace("+", ""))) : undefined;
    default:
      return undefined;
  }
}

function intValue(value: bigint): AnyValue | undefined {
  if (value < MIN_INT64 || value > MAX_INT64) return undefined;
  const number = Number(value);
  return { kind: "int", value: Number.isSafeInteger(number) ? number : value };
}

function toDouble(any: AnyValue): AnyValue | undefined {
  switch (any.kind) {
    case "bool":
      return { kind: "double", value: any.value ? 1 : 0 };
    case "int":
      return { kind: "double", value: Number(any.value) };
    case "string":
      return FLOAT.test(any.value) ? { kind: "double", value: Number(any.value) } : undefined;
    default:
      return undefined;
  }
}

/** As otelcol's `Value.AsString`: numbers in decimal, bytes in base64, lists and maps as JSON. */
export function formatValue(any: AnyValue): string {
  switch (any.kind) {
    case "empty":
      return "";
    case "string":
      return any.value;
    case "bytes":
      return Buffer.from(any.value).toString("base64");
    case "array":
    case "map":
      return JSON.stringify(plain(any));
    default:
      return String(any.value);
  }
}

function plain(any: AnyValue): unknown {
  switch (any.kind) {
    case "array":
      return any.value.map(plain);
    case "map":
      return any.value instanceof Attributes ? Object.fromEntries([...any.value].map(([key, value]) => [key, plain(value)])) : null;
    case "bytes":
      return Buffer.from(any.value).toString("base64");
    case "int":
      return typeof any.value === "bigint" ? String(any.value) : any.value;
    default:
      return any.value;
  }
}
