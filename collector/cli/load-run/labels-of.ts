import { LoadError } from "../../model/errors.ts";

/** `--label key=value`, several. Throws: E_USAGE naming the one that is none. */
export function labelsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const text of texts) {
    const match = /^(?<key>[A-Za-z_][\w.-]*)=(?<value>[\s\S]*)$/.exec(text)?.groups;
    if (match?.["key"] === undefined) {
      throw new LoadError("E_USAGE", `--label ${text}: it must be key=value, and the key a word of letters, digits, ".", "-", "_"`);
    }
    labels[match["key"]] = match["value"] ?? "";
  }
  return { ...labels };
}
