import type { Signal } from "../../collector/model/batch.ts";
import type { EntityRef, Resource, Scope } from "../../collector/model/resource.ts";
import { attributesText, FLUSH } from "./attributes-text.ts";
import type { GroupHeaders } from "./groups.ts";

/** The words differ by signal, and one of them is singular: kept as otelcol has them. */
const WORDS: Readonly<Record<Signal, { readonly resource: string; readonly scope: string }>> = {
  traces: { resource: "ResourceSpans", scope: "ScopeSpans" },
  metrics: { resource: "ResourceMetrics", scope: "ScopeMetrics" },
  logs: { resource: "ResourceLog", scope: "ScopeLogs" },
};

/** Lines that open a resource and a scope in the detailed layout. */
export function detailedHeaders(signal: Signal): GroupHeaders {
  const words = WORDS[signal];
  return {
    resource: (resource, index) => resourceText(words.resource, index, resource),
    scope: (scope, index) => scopeText(words.scope, index, scope),
  };
}

function resourceText(word: string, index: number, resource: Resource): string {
  return `${word} #${index}\nResource SchemaURL: ${resource.schemaUrl}\n${attributesText("Resource attributes:\n", FLUSH, resource.attributes)}${entitiesText(resource.entityRefs)}`;
}

function scopeText(word: string, index: number, scope: Scope): string {
  return `${word} #${index}\n${word} SchemaURL: ${scope.schemaUrl}\nInstrumentationScope ${scope.name} ${scope.version}\n${attributesText("InstrumentationScope attributes:\n", FLUSH, scope.attributes)}`;
}

function entitiesText(refs: readonly EntityRef[]): string {
  if (refs.length === 0) return "";
  let out = "Resource entity refs:\n";
  for (const [index, ref] of refs.entries()) {
    out += `     -> Entity ref #${index}:\n          -> Type: ${ref.type}\n`;
    if (ref.schemaUrl !== "") out += `          -> Schema URL: ${ref.schemaUrl}\n`;
    out += keysText("ID keys", ref.idKeys) + keysText("Description keys", ref.descriptionKeys);
  }
  return out;
}

function keysText(title: string, keys: readonly string[]): string {
  return keys.length === 0 ? "" : `          -> ${title}:\n${keys.map((key) => `               -> ${key}\n`).join("")}`;
}
