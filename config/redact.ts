import { Secret } from "../collector/pipeline/settings.ts";
import { SECTIONS } from "./catalogue.ts";
import type { LoadedConfig } from "./load.ts";
import { redactUrl } from "./redact-url.ts";
import { isSecretWord } from "./secret-words.ts";
import { type Tree, treeAt, withValueAt } from "./tree.ts";

const REDACTED = "[REDACTED]";

/**
 * The configuration as it may be shown (K-13): what the schemas declare `secret()`, every value of a `headers` map, what is called like a secret,
 * and in URLs wherever they stand what logs in.
 */
export function redacted(loaded: LoadedConfig): Tree {
  let tree = loaded.tree;
  for (const section of SECTIONS) {
    const map = treeAt(tree, [section]);
    if (map?.kind !== "map") continue;
    for (const key of map.entries.keys()) {
      const body = treeAt(tree, [section, key]);
      if (body === undefined) continue;
      const checked = loaded.config[section].get(key)?.config;
      tree = withValueAt(tree, [section, key], hidden(body, checked, false));
    }
  }
  return withoutCredentials(tree);
}

function hidden(tree: Tree, checked: unknown, isSecret: boolean): Tree {
  if (tree.kind === "scalar") {
    const hide = (isSecret || checked instanceof Secret) && tree.value !== null;
    return hide ? { kind: "scalar", place: tree.place, value: REDACTED } : tree;
  }
  if (tree.kind === "list") return { ...tree, items: tree.items.map((item, index) => hidden(item, childOf(checked, index), isSecret)) };
  const entries = [...tree.entries].map(([key, entry]) => {
    const below = isSecret || key === "headers" || (isSecretWord(key) && entry.value.kind === "scalar");
    return [key, { ...entry, value: hidden(entry.value, childOf(checked, key), below) }] as const;
  });
  return { ...tree, entries: new Map(entries) };
}

function withoutCredentials(tree: Tree): Tree {
  switch (tree.kind) {
    case "scalar": {
      const shown = typeof tree.value === "string" ? redactUrl(tree.value, REDACTED) : tree.value;
      return shown === tree.value ? tree : { kind: "scalar", place: tree.place, value: shown };
    }
    case "list":
      return { ...tree, items: tree.items.map(withoutCredentials) };
    case "map":
      return { ...tree, entries: new Map([...tree.entries].map(([key, entry]) => [key, { ...entry, value: withoutCredentials(entry.value) }])) };
  }
}

function childOf(value: unknown, key: string | number): unknown {
  if (value instanceof Map) return value.get(key);
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined;
}
