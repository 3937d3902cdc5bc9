import { createHash } from "node:crypto";
import type { AnyValue, Attributes } from "../model/attributes.ts";
import { z } from "../pipeline/define.ts";
import { regExpSetting } from "../pipeline/regexp.ts";
import { convertValue } from "./convert-value.ts";

/**
 * The actions of otelcol's `attributes` and `resource` processors on one set of attributes.
 * Source: open-telemetry/opentelemetry-collector-contrib internal/coreinternal/attraction.
 */
export type AttributeAction = (attributes: Attributes) => Attributes;

const key = z.string().min(1, "must not be empty");
/** The kind follows the YAML: `1` is an int, `1.0` and `1.5` are doubles as far as YAML tells them apart, true is a bool. */
const value = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))], {
    error: "must be a string, a number, a boolean or a list of those",
  })
  .transform(toAnyValue);
const fromContext = z.never({ error: "from_context is not supported: the request's metadata is not kept; use value or from_attribute" }).optional();

const setting = <Word extends string>(action: Word) =>
  z.strictObject({ action: z.literal(action), key, value: value.optional(), from_attribute: key.optional(), from_context: fromContext });
const keyOrPattern = <Word extends string>(action: Word) =>
  z.strictObject({ action: z.literal(action), key: key.optional(), pattern: regExpSetting().optional() });

const rawActionConfig = z.discriminatedUnion(
  "action",
  [
    setting("insert"),
    setting("update"),
    setting("upsert"),
    keyOrPattern("delete"),
    keyOrPattern("hash"),
    z.strictObject({ action: z.literal("extract"), key, pattern: regExpSetting() }),
    z.strictObject({ action: z.literal("convert"), key, converted_type: z.enum(["int", "double", "string"]) }),
  ],
  { error: "action must be one of insert, update, upsert, delete, hash, extract, convert" },
);

/** One entry of `actions` (attributes) or `attributes` (resource). The action's word may be in upper case. */
export const attributeActionConfig = z.preprocess(lowerCaseAction, rawActionConfig).superRefine((entry, check) => {
  const issue = (path: string, message: string) => check.addIssue({ code: "custom", path: [path], message });
  switch (entry.action) {
    case "insert":
    case "update":
    case "upsert":
      if ((entry.value === undefined) === (entry.from_attribute === undefined))
        issue("action", `${entry.action} needs value or from_attribute, not both`);
      break;
    case "delete":
    case "hash":
      if (entry.key === undefined && entry.pattern === undefined) issue("action", `${entry.action} needs key or pattern`);
      break;
    case "extract":
      if (!hasOnlyNamedGroups(entry.pattern)) issue("pattern", "every group needs a name, like (?P<operation>.*), and there must be at least one");
      break;
    case "convert":
      break;
  }
});
export type AttributeActionConfig = z.output<typeof attributeActionConfig>;

/** Does the actions in their order. Attributes that nothing changed come back as the same object. */
export function compileActions(configs: readonly AttributeActionConfig[]): AttributeAction {
  const actions = configs.map(compileAction);
  return (attributes) => actions.reduce((current, act) => act(current), attributes);
}

function compileAction(config: AttributeActionConfig): AttributeAction {
  switch (config.action) {
    case "insert":
    case "update":
    case "upsert": {
      const { action, key, value, from_attribute } = config;
      return (attributes) => {
        if (action !== "upsert" && attributes.has(key) !== (action === "update")) return attributes;
        const next = value ?? attributes.get(from_attribute ?? "");
        return next === undefined ? attributes : attributes.with(key, next);
      };
    }
    case "delete":
      return (attributes) => keysOf(config, attributes).reduce((current, key) => current.without(key), attributes);
    case "hash":
      return (attributes) => keysOf(config, attributes).reduce((current, key) => current.with(key, hashed(current.get(key))), attributes);
    case "extract":
      return (attributes) => extract(attributes, config.key, config.pattern);
    case "convert":
      return (attributes) => {
        const old = attributes.get(config.key);
        const converted = old === undefined ? undefined : convertValue(old, config.converted_type);
        return converted === undefined || converted === old ? attributes : attributes.with(config.key, converted);
      };
  }
}

function keysOf(
  { key, pattern }: { readonly key?: string | undefined; readonly pattern?: RegExp | undefined },
  attributes: Attributes,
): readonly string[] {
  return [...new Set(attributes.keys)].filter((name) => name === key || pattern?.test(name) === true);
}

function extract(attributes: Attributes, key: string, pattern: RegExp): Attributes {
  const groups = pattern.exec(attributes.getString(key) ?? "")?.groups;
  if (groups === undefined || attributes.getString(key) === undefined) return attributes;
  return Object.entries(groups).reduce((current, [name, text]) => current.with(name, { kind: "string", value: text ?? "" }), attributes);
}

/** SHA-256 in hex of the string, or of a number's 8 bytes in little-endian order, or of a boolean's one byte; "" for other kinds (attraction/hasher.go). */
function hashed(any: AnyValue | undefined): AnyValue {
  const bytes = hashedBytes(any);
  return { kind: "string", value: bytes === undefined || bytes.length === 0 ? "" : createHash("sha256").update(bytes).digest("hex") };
}

function hashedBytes(any: AnyValue | undefined): Uint8Array | undefined {
  const eight = new DataView(new ArrayBuffer(8));
  switch (any?.kind) {
    case "string":
      return new TextEncoder().encode(any.value);
    case "bool":
      return Uint8Array.of(any.value ? 1 : 0);
    case "int":
      eight.setBigInt64(0, BigInt(any.value), true);
      return new Uint8Array(eight.buffer);
    case "double":
      eight.setFloat64(0, any.value, true);
      return new Uint8Array(eight.buffer);
    default:
      return undefined;
  }
}

function toAnyValue(raw: string | number | boolean | readonly (string | number | boolean)[]): AnyValue {
  if (typeof raw === "object") return { kind: "array", value: raw.map(toAnyValue) };
  if (typeof raw === "string") return { kind: "string", value: raw };
  if (typeof raw === "boolean") return { kind: "bool", value: raw };
  if (Number.isSafeInteger(raw)) return { kind: "int", value: raw };
  return { kind: "double", value: raw };
}

function lowerCaseAction(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null || !("action" in raw) || typeof raw.action !== "string") return raw;
  return { ...raw, action: raw.action.toLowerCase() };
}

function hasOnlyNamedGroups(pattern: RegExp): boolean {
  const match = new RegExp(`${pattern.source}|`, pattern.flags).exec("");
  const names = Object.keys(match?.groups ?? {}).length;
  return names > 0 && names === (match?.length ?? 1) - 1;
}
