/** What a ledger may be called: lower-case letters, digits, `-`, `_`, `.`, begun by one of the first two. No path hides in it. */
const RUN_ID = /^[a-z0-9][a-z0-9._-]{0,127}$/;
/** Longer names are cut: the id is a file name, and is read in tables. */
const MAX_NAME_CHARS = 40;

export function isRunId(word: string): boolean {
  return RUN_ID.test(word) && !word.includes("..");
}

/**
 * `20260512-045100-spike-3f2a`: sorts by the time of its begin (UTC), tells the run's name as far as a file name can, and is nobody else's.
 * `suffix`: four hexadecimal digits by chance.
 */
export function formatRunId(name: string, startUnixMs: number, suffix: string): string {
  const [date = "", time = ""] = new Date(startUnixMs).toISOString().split(/[T.]/);
  return `${date.replaceAll("-", "")}-${time.replaceAll(":", "")}-${wordOf(name)}-${suffix}`;
}

/** "run" where nothing of the name can stand in a file name. */
function wordOf(name: string): string {
  const word = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9_]+/g, "-")
    .slice(0, MAX_NAME_CHARS)
    .replace(/^[-_]+|[-_]+$/g, "");
  return word === "" ? "run" : word;
}
