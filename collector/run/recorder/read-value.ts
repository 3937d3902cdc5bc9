import type { AnyValue, Attributes } from "../../model/attributes.ts";
import { cutText } from "./cut-text.ts";

const MAX_VALUE_CHARACTERS = 256;
const MAX_ATTRIBUTES = 32;

/** A number, also where it was written as text. */
export function numberAt(attributes: Attributes, key: string): number | undefined {
  const found = attributes.get(key);
  if (found === undefined) return undefined;
  if (found.kind === "int" || found.kind === "double") return Number(found.value);
  if (found.kind !== "string" || found.value.trim() === "") return undefined;
  const number = Number(found.value);
  return Number.isFinite(number) ? number : undefined;
}

/** The text under the first key that has one; "" where none has. */
export function textAt(attributes: Attributes, ...keys: readonly string[]): string {
  for (const key of keys) {
    const found = attributes.get(key);
    if (found === undefined || found.kind === "empty") continue;
    const text = textOf(found);
    if (text !== "") return text;
  }
  return "";
}

/** For people; bounded. */
export function textOf(any: AnyValue): string {
  switch (any.kind) {
    case "string":
      return bounded(any.value);
    case "empty":
      return "";
    case "bytes":
      return `${any.value.length} bytes`;
    case "array":
      return bounded(`[${any.value.slice(0, MAX_ATTRIBUTES).map(textOf).join(", ")}]`);
    case "map":
      return bounded(JSON.stringify(textsOf(any.value)));
    default:
      return String(any.value);
  }
}

/** As ledgers keep attributes: text by key, the last one where a key repeats. */
export function textsOf(attributes: Attributes): Readonly<Record<string, string>> {
  const texts: [string, string][] = [];
  for (let index = 0; index < Math.min(attributes.size, MAX_ATTRIBUTES); index++) {
    texts.push([cutText(attributes.keys[index] as string, MAX_VALUE_CHARACTERS), textOf(attributes.at(index))]);
  }
  // fromEntries defines: `__proto__` is a key like any other.
  return Object.fromEntries(texts);
}

function bounded(text: string): string {
  return text.length > MAX_VALUE_CHARACTERS ? `${cutText(text, MAX_VALUE_CHARACTERS)}…` : text;
}
