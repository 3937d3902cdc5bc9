import type { AnyValue, Attributes } from "../model/attributes.ts";
import { escapeLabelName } from "./prometheus-escape.ts";

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

/** Prometheus' OTLP receiver as it is delivered: `label_name_preserve_multiple_underscores` and `label_name_underscore_sanitization` are both on. */
export const SERVER_LABEL_RULES: LabelRules = { utf8: false, preserveMultipleUnderscores: true, prefixUnderscore: true };

/** Whose rules for label names: the specification's, or those of Prometheus' OTLP receiver. */
export const LABEL_COMPATIBILITIES = ["specification", "prometheus-server"] as const;
export type LabelCompatibility = (typeof LABEL_COMPATIBILITIES)[number];

/**
 * The label name of an attribute key; undefined where nothing but underscores is left. `__x__` is reserved and keeps its ends.
 * Source: prometheus/otlptranslator label_namer.go, strconv.go @51da773
 */
export function labelName(key: string, rules: LabelRules): string | undefined {
  const name = rules.utf8 ? key : escapedLabel(key, rules);
  return /[^_]/.test(name) ? name : undefined;
}

/**
 * The label name under which a series shows an attribute. Where the rules leave nothing of the key (`城市`, `...`) it is written out by code
 * points (`U___57ce__5e02_`, Prometheus' escaping "values"): series that differ in nothing else must not fall into one. Undefined for keys of
 * nothing but underscores, and for "".
 */
export function seriesLabelName(key: string, rules: LabelRules): string | undefined {
  return labelName(key, rules) ?? (/[^_]/.test(key) ? escapeLabelName(key, "values") : undefined);
}

function escapedLabel(key: string, rules: LabelRules): string {
  if (!/[A-Za-z0-9]/.test(key)) return "";
  const name = rules.preserveMultipleUnderscores ? key.replace(/[^A-Za-z0-9_]/gu, "_") : collapsed(key);
  if (/^[0-9]/.test(name)) return `key_${name}`;
  return rules.prefixUnderscore && /^_[^_]/.test(name) ? `key${name}` : name;
}

function collapsed(key: string): string {
  const isReserved = /^__.*__$/s.test(key);
  const name = (isReserved ? key.slice(2, -2) : key).replace(/[^A-Za-z0-9]+/g, "_");
  return isReserved ? `__${name}__` : name;
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
