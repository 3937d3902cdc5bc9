import { type Attributes, anyValue } from "../model/attributes.ts";
import type { Scope } from "../model/resource.ts";
import { compareUtf8 } from "../wire/compare-utf8.ts";
import { type LabelRules, labelValue, seriesLabelName } from "../wire/prometheus-label.ts";
import { isLegacyName } from "../wire/prometheus-name.ts";
import { escapeLabelValue } from "../wire/prometheus-text.ts";

export type LabelSet = Map<string, string>;

/** Told of each label that several attributes came to: their values stand in it joined, in the order of these keys. */
export type OnLabelCollision = (label: string, keys: readonly string[]) => void;

/** Resource attributes that become `job` and `instance` instead of labels of `target_info`. */
export const IDENTIFYING_ATTRIBUTES: readonly string[] = ["service.name", "service.namespace", "service.instance.id"];

/** `job` and `instance`; an attribute that is there but empty counts as absent, where Prometheus' own receiver would write a leading `/`. */
export function identityOf(resource: Attributes): { readonly job: string; readonly instance: string } {
  const name = textOf(resource, "service.name");
  const namespace = textOf(resource, "service.namespace");
  return { job: namespace === "" || name === "" ? name : `${namespace}/${name}`, instance: textOf(resource, "service.instance.id") };
}

function textOf(attributes: Attributes, key: string): string {
  return labelValue(attributes.get(key) ?? anyValue(""));
}

const SCOPE_PREFIX = "otel_scope_";

/** `otel_scope_…`; a scope attribute that would take the place of name, version or schema URL is left out. */
export function scopeLabels(scope: Scope, rules: LabelRules): LabelSet {
  const own = new Map([
    [`${SCOPE_PREFIX}name`, scope.name],
    [`${SCOPE_PREFIX}version`, scope.version],
    [`${SCOPE_PREFIX}schema_url`, scope.schemaUrl],
  ]);
  const labels = attributeLabels(scope.attributes, rules, (name) => (own.has(name) ? undefined : name), { prefix: SCOPE_PREFIX });
  for (const [name, value] of own) if (value !== "") labels.set(name, value);
  return labels;
}

/** What `target_info` says of a resource; undefined where that is nothing: no identity, or nothing but identity. */
export function targetLabels(
  resource: Attributes,
  rules: LabelRules,
  keepsIdentity = false,
  constLabels: Readonly<Record<string, string>> = {},
): LabelSet | undefined {
  const { job, instance } = identityOf(resource);
  const told = IDENTIFYING_ATTRIBUTES.reduce((rest, key) => rest.without(key), resource);
  const rename = (name: string) => (name === "job" || name === "instance" ? undefined : name);
  const labels = attributeLabels(told, rules, rename);
  if ((job === "" && instance === "") || labels.size === 0) return undefined;
  const all = keepsIdentity ? attributeLabels(resource, rules, rename) : labels;
  if (job !== "") all.set("job", job);
  if (instance !== "") all.set("instance", instance);
  for (const [name, value] of Object.entries(constLabels)) if (value !== "" && !all.has(name)) all.set(name, value);
  return all;
}

/**
 * Attributes as labels. Where several keys come to one name their values are joined with `;` in the byte order of the keys; empty values are
 * no labels; `__name__` is none either. `rename` may change a name, or drop it.
 */
export function attributeLabels(
  attributes: Attributes,
  rules: LabelRules,
  rename: (name: string) => string | undefined,
  options: { readonly prefix?: string; readonly onCollision?: OnLabelCollision | undefined } = {},
): LabelSet {
  const labels: LabelSet = new Map();
  const keys = [...new Set(attributes.keys)].sort(compareUtf8);
  const nameOf = (key: string): string | undefined => {
    const plain = seriesLabelName(`${options.prefix ?? ""}${key}`, rules);
    return key === "" || plain === undefined || plain === "__name__" ? undefined : rename(plain);
  };
  const textAt = (key: string): string => labelValue(attributes.get(key) ?? anyValue(""));
  const shared = new Set<string>();
  for (const key of keys) {
    const name = nameOf(key);
    const value = textAt(key);
    if (name === undefined || value === "") continue;
    const before = labels.get(name);
    if (before !== undefined) shared.add(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  for (const name of shared) {
    options.onCollision?.(
      name,
      keys.filter((key) => nameOf(key) === name && textAt(key) !== ""),
    );
  }
  return labels;
}

/** By name, in the byte order that remote write demands. */
export function sortedLabels(labels: ReadonlyMap<string, string>): [name: string, value: string][] {
  return [...labels].sort(([a], [b]) => compareUtf8(a, b));
}

/** `a="b",c="d"` in the order of names. */
export function renderLabels(labels: ReadonlyMap<string, string>): string {
  return sortedLabels(labels)
    .map(([name, value]) => `${isLegacyName(name) && !name.includes(":") ? name : `"${escapeLabelValue(name)}"`}="${escapeLabelValue(value)}"`)
    .join(",");
}
