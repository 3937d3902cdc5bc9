/** Words that end the names of what must not be shown, whatever the schema says. */
const WORDS = "pass(?:word|wd)?|secret|token|api[-_]?key|authorization|credentials?|private[-_]key|_pem";
const KEY = new RegExp(`(?:${WORDS})$`, "i");
const IN_LINE = new RegExp(`([\\w-]*(?:${WORDS})["']?\\s*:\\s+)(\\S.*)$`, "i");
/** A reference to a variable gives nothing away. */
const VARIABLE = /^["']?\$\{[^}]*\}["']?\s*(?:#.*)?$/;

/** Whether a key is called like a secret. */
export function isSecretWord(key: string): boolean {
  return KEY.test(key);
}

/** A line of YAML with what follows a key called like a secret starred out; every column stays where it is. */
export function withoutSecrets(line: string): string {
  return line.replace(IN_LINE, (whole, key: string, value: string) => (VARIABLE.test(value) ? whole : `${key}${"*".repeat(value.length)}`));
}
