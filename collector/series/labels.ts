import { type Attributes, anyValue } from "../model/attributes.ts";
import type { Scope } from "../model/resource.ts";
import { type LabelRules, labelName, labelValue } from "../wire/prometheus-label.ts";
import { isLegacyName } from "../wire/prometheus-name.ts";
import { escapeLabelValue } from "../wire/prometheus-text.ts";

export type LabelSet = Map<string, string>;

/** Resource attributes that become `job` and `instance` instead of labels of `target_info`. */
export const IDENTIFYING_ATTRIBUTES: readonly string[] = ["service.name", "service.namespace", "service.instance.id"];

/** `job` and `instance`; an attribute that is there but empty counts as absent. */
export function identityOf(resource: Attributes): { readonly job: string; readonly instance: string } {
  const name = textOf(resource, "service.name");
  const namespace = textOf(resource, "service.namespace");
  return { job: namespace === "" || name === "" ? name : `${namespace}/${name}`, instance: textOf(resource, "service.instance.id") };
}

function textOf(attributes: Attributes, key: string): string {
  return labelValue(attributes.get(key) ?? anyValue(""));
}

/** `otel_scope_…`; a scope attribute that would take the place of name, version or schema URL is left out. */
export function scopeLabels(scope: Scope, rules: LabelRules): LabelSet {
  const fixed = { otel_scope_name: scope.name, otel_scope_version: scope.version, otel_scope_schema_url: scope.schemaUrl };
  const labels = attributeLabels(scope.attributes, rules, (name) => (`otel_scope_${name}` in fixed ? undefined : `otel_scope_${name}`));
  for (const [name, value] of Object.entries(fixed)) if (value !== "") labels.set(name, value);
  return labels;
}

/**
 * Attributes as labels. Where several keys come to one name their values are joined with `;` in the order of the keys; empty values are
 * no labels; `__name__` is none either. `rename` may change a name, or drop it.
 */
export function attributeLabels(attributes: Attributes, rules: LabelRules, rename: (name: string) => string | undefined): LabelSet {
  const labels: LabelSet = new Map();
  const keys = [...new Set(attributes.keys)].sort();
  for (const key of keys) {
    const plain = labelName(key, rules);
    const name = plain === undefined || plain === "__name__" ? undefined : rename(plain);
    const any = attributes.get(key);
    if (name === undefined || any === undefined) continue;
    const value = labelValue(any);
    if (value === "") continue;
    const before = labels.get(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  return labels;
}

/** `a="b",c="d"` in the order of names. */
export function renderLabels(labels: ReadonlyMap<string, string>): string {
  return [...labels]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${isLegacyName(name) && !name.includes(":") ? name : `"${escapeLabelValue(name)}"`}="${escapeLabelValue(value)}"`)
    .join(",");
}
