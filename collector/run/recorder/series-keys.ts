import type { Attributes } from "../../model/attributes.ts";
import type { CatalogMetric, Hop } from "../../model/catalog.ts";
import { METRICS } from "../../model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS } from "../../model/catalog-run.ts";
import { cutText } from "./cut-text.ts";
import { textOf } from "./read-value.ts";

/** The hop of every metric that the catalogue knows. */
const HOPS: ReadonlyMap<string, Hop> = new Map(
  [METRICS, CLIENT_METRICS, K6_METRICS].flatMap((group) => Object.values<CatalogMetric>(group)).map(({ name, hop }) => [name, hop]),
);

export function hopOfMetric(name: string): Hop | undefined {
  return HOPS.get(name);
}

/** Tags of a generator that say of single requests what their cells say already: a series of each would be a series of every URL. */
const REQUEST_TAGS = new Set([
  "name",
  "url",
  "method",
  "status",
  "error",
  "error_code",
  "expected_response",
  "proto",
  "subproto",
  "tls_version",
  "ocsp_status",
  "service",
  "ip",
  "vu",
  "iter",
  "testid",
  "run.id",
  "loadtest.run.id",
]);
const MAX_TAGS = 32;
const MAX_KEY_CHARACTERS = 256;

/** Text by key of the tags that make a generator's series; empty ones say nothing. */
export function sampleTags(tags: Attributes, isGenerator: boolean): Readonly<Record<string, string>> {
  const kept: [string, string][] = [];
  for (let index = 0; index < tags.size && kept.length < MAX_TAGS; index++) {
    const key = tags.keys[index] as string;
    if (isGenerator && REQUEST_TAGS.has(key)) continue;
    const text = textOf(tags.at(index));
    if (text !== "") kept.push([cutText(key, MAX_KEY_CHARACTERS), text]);
  }
  return Object.fromEntries(kept);
}

/** Equal for equal tags in the same order, which is how one generator writes them; the same tags in another order are the same series all the same. */
export function tagKey(tags: Attributes, isGenerator: boolean): string {
  let key = "";
  for (let index = 0; index < tags.size; index++) {
    const name = tags.keys[index] as string;
    if (!(isGenerator && REQUEST_TAGS.has(name)) && tags.values[index] !== "") key += `\n${name}\n${String(tags.values[index])}`;
  }
  return key;
}
