const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The text of a string literal of PromQL (Go's rules, and single quotes); undefined where an escape is unknown or the end is missing. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0];
  if (literal.length < 2 || literal.at(-1) !== quote) return undefined;
  const body = literal.slice(1, -1);
  if (quote === "`") return body;
  let text = "";
  for (let index = 0; index < body.length; index++) {
    const char = body[index] as string;
    if (char !== "\\") {
      text += char;
      continue;
    }
    const next = body[++index] as string | undefined;
    if (next === undefined) return undefined;
    const known = ESCAPES[next];
    if (known !== undefined) {
      if ((next === "'" || next === '"') && next !== quote) return undefined;
      text += known;
      continue;
    }
    const length = { x: 2, u: 4, U: 8 }[next];
    const digits = length === undefined ? body.slice(index, index + 3) : body.slice(index + 1, index + 1 + length);
    const pattern = length === undefined ? /^[0-7]{3}$/ : /^[0-9a-fA-F]+$/;
    if (!pattern.test(digits) || digits.length !== (length ?? 3)) return undefined;
    const code = Number.parseInt(digits, length === undefined ? 8 : 16);
    if (code > 0x10_ffff) return undefined;
    text += String.fromCodePoint(code);
    index += length ?? 2;
  }
  return text;
}
