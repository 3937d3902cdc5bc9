const SPACE = /[ \t\n\r]*/y;
const SCALAR = /"(?:[ !#-[\]-\u{10FFFF}]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** What may come next: a value, a key, or what follows a value. `first…`: the closing bracket may come too. */
type Expected = "value" | "first value" | "key" | "first key" | "after value";

/**
 * Where text stops being JSON (RFC 8259), as `line 3, column 14`. The parser of the platform does not always tell, and quotes the text, which
 * may be private. For text that is JSON: its end.
 */
export function placeOfJsonMistake(text: string): string {
  const before = text.slice(0, offsetOfMistake(text));
  const lineStart = before.lastIndexOf("\n") + 1;
  return `line ${before.split("\n").length}, column ${before.length - lineStart + 1}`;
}

function offsetOfMistake(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = skip(text, 0);
  for (;;) {
    const character = text[at];
    if (character === undefined) return at;
    if (expected === "after value") {
      const inner = open.at(-1);
      if (inner === undefined) return at;
      if (character === ",") expected = inner === "{" ? "key" : "value";
      else if (character === (inner === "{" ? "}" : "]")) open.pop();
      else return at;
      at = skip(text, at + 1);
    } else if ((expected === "first key" && character === "}") || (expected === "first value" && character === "]")) {
      open.pop();
      expected = "after value";
      at = skip(text, at + 1);
    } else if (expected === "key" || expected === "first key") {
      const end = character === '"' ? endOf(SCALAR, text, at) : undefined;
      if (end === undefined) return at;
      at = skip(text, end);
      if (text[at] !== ":") return at;
      at = skip(text, at + 1);
      expected = "value";
    } else if (character === "{" || character === "[") {
      open.push(character);
      expected = character === "{" ? "first key" : "first value";
      at = skip(text, at + 1);
    } else {
      const end = endOf(SCALAR, text, at);
      if (end === undefined) return at;
      expected = "after value";
      at = skip(text, end);
    }
  }
}

function skip(text: string, from: number): number {
  return endOf(SPACE, text, from) ?? from;
}

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
