/** Names whose values are nobody else's business. */
const SECRET_NAME =
  /authorization|cookie|token|passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?key|private[-_]?key|credential|session[-_]?id/i;
/** `token=abc`, `"password": "x"`, `--api-key x`, `Authorization: Bearer abc`. */
const ASSIGNED =
  /((?:authorization|cookie|set-cookie|token|passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?key|private[-_]?key|credential|session[-_]?id)["']?\s*[:=]\s*["']?)((?:bearer|basic|digest)\s+)?[^\s"'&,;]+/gi;
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi;
const USER_INFO = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]+(?::[^\s/@]*)?@/gi;
const HIDDEN = "***";

/** Text with the values of secrets replaced by `***`. What writes a ledger redacts already; this is the second door. */
export function redactText(text: string): string {
  return text
    .replace(ASSIGNED, (_, name: string, scheme: string | undefined) => `${name}${scheme ?? ""}${HIDDEN}`)
    .replace(BEARER, (_, scheme: string) => `${scheme} ${HIDDEN}`)
    .replace(USER_INFO, `$1${HIDDEN}@`);
}

/** Attributes or environment: a value whose name says so is hidden, the others are searched. */
export function redactRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, SECRET_NAME.test(name) ? HIDDEN : redactText(value)]));
}

/** Arguments of a command; `--token x` hides what comes after it. */
export function redactCommand(command: readonly string[]): string[] {
  return command.map((word, index) => {
    const before = command[index - 1] ?? "";
    return /^--?[\w-]+$/.test(before) && SECRET_NAME.test(before) && !word.startsWith("-") ? HIDDEN : redactText(word);
  });
}
