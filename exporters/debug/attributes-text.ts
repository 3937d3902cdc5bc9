import type { Attributes, Value, ValueKind } from "../../collector/model/attributes.ts";
import { typedText } from "./value-text.ts";

/** More different keys than telemetry has; beyond, lines are put together piece by piece. */
const MAX_LEADS = 4096;

/** How the lines of one depth begin. `     -> key: Str(` is kept for each key: most attributes are strings, and this halves the cost of a line. */
class Indent {
  readonly #before: string;
  readonly #stringLeads = new Map<string, string>();

  constructor(before: string) {
    this.#before = before;
  }

  stringLead(key: string): string {
    let lead = this.#stringLeads.get(key);
    if (lead === undefined) {
      lead = `${this.#before}${key}: Str(`;
      if (this.#stringLeads.size < MAX_LEADS) this.#stringLeads.set(key, lead);
    }
    return lead;
  }

  line(key: string, kind: ValueKind, value: Value): string {
    return `${this.#before}${key}: ${typedText(kind, value)}\n`;
  }
}

/** Of an item's attributes, and of something's within an item. */
export const FLUSH = new Indent("     -> ");
export const NESTED = new Indent("          -> ");

/** A titled block of `-> key: Type(value)` lines; nothing at all without attributes. */
export function attributesText(title: string, indent: Indent, { keys, kinds, values }: Attributes): string {
  let out = keys.length === 0 ? "" : title;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const kind = kinds[index] as ValueKind;
    const value = values[index] as Value;
    out += kind === "string" ? `${indent.stringLead(key)}${value as string})\n` : indent.line(key, kind, value);
  }
  return out;
}
