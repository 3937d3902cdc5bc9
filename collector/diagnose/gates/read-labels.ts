import type { GateText } from "./gate-text.ts";
import { LABEL_WORDS, LABELS } from "./gate-words.ts";

/**
 * `{endpoint=GET /api/works/{id}, status=200}`; nothing where no brace follows. `isFree`: any attribute of a series may be asked for, not only the
 * labels of requests.
 */
export function readLabels(text: GateText, isFree: boolean): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  text.space();
  if (text.next !== "{") return labels;
  const open = text.at++;
  for (;;) {
    text.space();
    const start = text.at;
    const key = text.take(/[A-Za-z_][\w.]*/y);
    text.space();
    if (key === undefined || !/[=:]/.test(text.next))
      return text.fail("a label is a name, = and a value", "{endpoint=GET /api/works}", start, key?.length);
    text.at++;
    const known = isFree ? key : LABEL_WORDS.get(key);
    if (known === undefined) return text.fail(`requests have no label "${key}"`, `one of ${LABELS.join(", ")}`, start, key.length);
    labels.set(known, readValue(text, open));
    if (text.take(/[,}]/y) === "}") return labels;
  }
}

/** Up to the comma or brace that ends it; braces within (`/works/{id}`) belong to it. Stops before that character. */
function readValue(text: GateText, open: number): string {
  text.space();
  if (text.next === '"' || text.next === "'") {
    const value = text.quoted();
    text.space();
    if (!/[,}]/.test(text.next)) text.fail("after a label comes a comma or the closing brace", ", or }", text.at);
    return value;
  }
  const start = text.at;
  for (let depth = 0; !text.isAtEnd; text.at++) {
    if (text.next === "{") depth++;
    else if (text.next === "}" && depth-- === 0) break;
    else if (text.next === "," && depth === 0) break;
  }
  if (text.isAtEnd) text.fail("the brace is not closed", "}", open);
  const value = text.from(start).trim();
  if (value === "") text.fail("the label has no value", "a value after =", start);
  return value;
}
