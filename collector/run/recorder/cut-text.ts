/**
 * The text, or a copy of its first `maxCharacters`. A copy, since a part of a string keeps the whole of it in memory, and what others send may be
 * of any length.
 */
export function cutText(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : Buffer.from(text.slice(0, maxCharacters)).toString();
}
