import { StringCache } from "./string-cache.ts";

/**
 * snake_case to lowerCamelCase, which both exist in OTLP/JSON. Made into a property name on the way, since V8 keeps one copy of each:
 * comparing with the decoders' literals is then comparing pointers.
 */
export function canonicalName(name: string): string {
  const camel = name.includes("_") ? name.replace(/(?<=[a-zA-Z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name;
  return Object.keys({ [camel]: true })[0] as string;
}

/** Field names in the form of the decoders' literals. */
export const fieldNames = new StringCache(2048, canonicalName);
