import { type AnyValue, Attributes } from "../../model/attributes.ts";
import type { UnixNano } from "../../model/time.ts";

/*
 * The other side of AttributeBuilder. A value of another kind than expected counts as absent: what arrives over the wire may have been
 * changed by anybody.
 */

export function textAt(attributes: Attributes, key: string): string {
  return attributes.getString(key) ?? "";
}

export function flagAt(attributes: Attributes, key: string): boolean | undefined {
  const found = attributes.get(key);
  return found?.kind === "bool" ? found.value : undefined;
}

export function numberAt(attributes: Attributes, key: string): number | undefined {
  return numberOf(attributes.get(key));
}

export function timeAt(attributes: Attributes, key: string): UnixNano | undefined {
  const found = attributes.get(key);
  return found?.kind === "int" ? BigInt(found.value) : undefined;
}

export function textsAt(attributes: Attributes, key: string): readonly string[] {
  return listAt(attributes, key).map((any) => (any.kind === "string" ? any.value : ""));
}

/** NaN where an element is no number. */
export function numbersAt(attributes: Attributes, key: string): readonly number[] {
  return listAt(attributes, key).map((any) => numberOf(any) ?? Number.NaN);
}

export function mapsAt(attributes: Attributes, key: string): readonly Attributes[] {
  return listAt(attributes, key).flatMap((any) => (any.kind === "map" ? [any.value] : []));
}

export function mapAt(attributes: Attributes, key: string): Attributes {
  const found = attributes.get(key);
  return found?.kind === "map" ? found.value : Attributes.EMPTY;
}

/** The word if it is one of those, else `otherwise`. */
export function wordAt<Word extends string, Otherwise>(
  attributes: Attributes,
  key: string,
  words: readonly Word[],
  otherwise: Otherwise,
): Word | Otherwise {
  const text = textAt(attributes, key);
  return words.find((word) => word === text) ?? otherwise;
}

/** Those whose key begins with `prefix`, without it. */
export function unprefixed(attributes: Attributes, prefix: string): Attributes {
  const entries: (readonly [string, AnyValue])[] = [];
  for (let index = 0; index < attributes.keys.length; index++) {
    const key = attributes.keys[index] as string;
    if (key.startsWith(prefix)) entries.push([key.slice(prefix.length), attributes.at(index)]);
  }
  return Attributes.of(entries);
}

function listAt(attributes: Attributes, key: string): readonly AnyValue[] {
  const found = attributes.get(key);
  return found?.kind === "array" ? found.value : [];
}

function numberOf(any: AnyValue | undefined): number | undefined {
  if (any?.kind === "double") return any.value;
  return any?.kind === "int" ? Number(any.value) : undefined;
}
