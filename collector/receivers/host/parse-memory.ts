const BYTES_PER_KB = 1024;

/** `/proc/meminfo` in bytes, by its own words. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [, word = "", value] of text.matchAll(/^(\w+(?:\(\w+\))?):\s+(\d+) kB$/gm)) found.set(word, Number(value) * BYTES_PER_KB);
  return found;
}

/** Files of `word value` lines, as `/proc/vmstat`. */
export function parseWordLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [, word = "", value] of text.matchAll(/^(\w+) (\d+)$/gm)) found.set(word, Number(value));
  return found;
}
