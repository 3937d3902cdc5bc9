import type { AnyValue, Attributes } from "../model/attributes.ts";

export interface LabelRules {
  /** Names stay as they are (a UTF-8 translation strategy). */
  readonly utf8: boolean;
  /** `a__b` stays; the specification collapses runs. Prometheus' OTLP receiver keeps them by default. */
  readonly preserveMultipleUnderscores: boolean;
  /** `_x` becomes `key_x`, as in Prometheus' OTLP receiver by default. */
  readonly prefixUnderscore: boolean;
}

/** The OpenTelemetry specification's own: compatibility/prometheus_and_openmetrics.md. */
export const SPEC_LABEL_RULES: LabelRules = { utf8: false, preserveMultipleUnderscores: false, prefixUnderscore: false };

/**
 * The label name of an attribute key; undefined where nothing but underscores is left.
 * Source: prometheus/otlptranslator label_namer.go @51da773
 */
export function labelName(key: string, rules: LabelRules): string | undefined {
  if (rules.utf8) return key === "" ? undefined : key;
  let name = key.replace(/[^A-Za-z0-9_]/gu, "_");
  if (!/[^_]/.test(name)) return undefined;
  const isReserved = /^__.*__$/.test(name);
  if (!rules.preserveMultipleUnderscores) {
    name = isReserved ? `__${name.slice(2, -2).replace(/_+/g, "_")}__` : name.replace(/_+/g, "_");
  }
  if (/^[0-9]/.test(name)) return `key_${name}`;
  if (rules.prefixUnderscore && /^_[^_]/.test(name)) return `key${name}`;
  return name;
}

/** An attribute value as text: strings as they are, the rest as OTLP/JSON without its type wrappers; "" for empty. Source: specification/common/README.md */
export function labelValue(any: AnyValue): string {
  switch (any.kind) {
    case "empty":
      return "";
    case "string":
      return any.value;
    case "bytes":
      return base64(any.value);
    case "array":
    case "map":
      return json(any);
    default:
      return String(any.value);
  }
}

function json(any: AnyValue): string {
  switch (any.kind) {
    case "empty":
      return "null";
    case "array":
      return `[${any.value.map(json).join(",")}]`;
    case "map":
      return `{${entries(any.value)}}`;
    case "string":
      return JSON.stringify(any.value);
    case "bytes":
      return JSON.stringify(base64(any.value));
    case "double":
      return Number.isFinite(any.value) ? String(any.value) : `"${any.value}"`;
    default:
      return String(any.value);
  }
}

function entries(attributes: Attributes): string {
  return [...attributes].map(([key, value]) => `${JSON.stringify(key)}:${json(value)}`).join(",");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
