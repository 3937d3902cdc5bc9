/** Directions, joiners and marks that change how the text around them looks while they are not seen themselves, and U+2028/2029. */
const INVISIBLE = /[\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
/** Control characters but line feed and tab; DEL and C1 too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Text of other people's telemetry as it may be shown: control characters (escape sequences of terminals too), characters that turn the
 * direction of writing, and invisible ones are written out as `<U+202E>`; broken surrogates are replaced. To be escaped afterwards for whatever
 * it is put into.
 */
export function visibleText(text: string): string {
  const spell = (char: string): string => `<U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
  return text.toWellFormed().replaceAll("\r\n", "\n").replace(INVISIBLE, spell).replace(CONTROL, spell);
}

/** The same on one line, cut to a length. */
export function visibleLine(text: string, most = Number.POSITIVE_INFINITY): string {
  const line = visibleText(text).replace(/\s+/g, " ").trim();
  const chars = [...line];
  return chars.length <= most ? line : `${chars.slice(0, most - 1).join("")}\u2026`;
}
