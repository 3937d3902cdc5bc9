import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from "./json-bytes.ts";

/**
 * Where in a JSON document a byte stands, as `resourceSpans[0].scopeSpans[0].spans[3].startTimeUnixNano`; "" for the top.
 *
 * Walks the text again from its beginning, so that reading itself need not keep the path: a path is wanted once per bad request. The
 * text up to `offset` has been read before and is well-formed.
 */
export function jsonPathAt(bytes: Uint8Array, offset: number): string {
  /** One entry per open bracket: a field's name, or an index in an array. */
  const path: (string | number)[] = [];
  for (let pos = 0; pos < offset; ) {
    const byte = bytes[pos];
    if (byte === QUOTE) {
      const end = endOfString(bytes, pos);
      const last = path.length - 1;
      // A string before a colon names the field; one behind it is a value and changes nothing.
      if (typeof path[last] === "string" && bytes[skipSpace(bytes, end)] === COLON) path[last] = utf8.decode(bytes.subarray(pos + 1, end - 1));
      pos = end;
      continue;
    }
    if (byte === OPEN_OBJECT) path.push("");
    else if (byte === OPEN_ARRAY) path.push(0);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) path.pop();
    else if (byte === COMMA) {
      const last = path.length - 1;
      const index = path[last];
      if (typeof index === "number") path[last] = index + 1;
      else if (index !== undefined) path[last] = "";
    }
    pos++;
  }
  return formatPath(path);
}

/** The middle of a hostile path is left out. */
const MAX_PATH_STEPS = 40;

function formatPath(path: readonly (string | number)[]): string {
  const steps = path.filter((step) => step !== "").map((step) => (typeof step === "number" ? `[${step}]` : `.${step.slice(0, 80)}`));
  const shown = steps.length <= MAX_PATH_STEPS ? steps : [...steps.slice(0, MAX_PATH_STEPS - 1), "…", steps.at(-1)];
  return shown.join("").replace(/^\./, "");
}

function endOfString(bytes: Uint8Array, start: number): number {
  let pos = start + 1;
  while (pos < bytes.length && bytes[pos] !== QUOTE) pos += bytes[pos] === BACKSLASH ? 2 : 1;
  return pos + 1;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let pos = start;
  while (bytes[pos] === 0x20 || bytes[pos] === 0x0a || bytes[pos] === 0x0d || bytes[pos] === 0x09) pos++;
  return pos;
}

const utf8 = new TextDecoder();
