import type { Place } from "./problem.ts";
import type { Entry, MapTree, Tree } from "./tree.ts";

/** Deep merge, the later tree wins: maps key by key, lists and scalars are replaced, a null blanks what was there (K-09). Places stay with their values. */
export function mergeTrees(earlier: Tree, later: Tree): Tree {
  if (earlier.kind !== "map" || later.kind !== "map") return later;
  const entries = new Map<string, Entry>(earlier.entries);
  for (const [key, entry] of later.entries) {
    const known = entries.get(key);
    entries.set(key, known === undefined ? entry : { ...entry, value: mergeTrees(known.value, entry.value) });
  }
  return { ...later, entries };
}

/** The map that holds nothing but `value` at `path`: what `--set a.b=value` and `yaml:a::b: value` mean. */
export function nestedTree(path: readonly string[], value: Tree, place: Place): Tree {
  return path.reduceRight<Tree>(
    (inner, key): MapTree => ({ kind: "map", place, entries: new Map([[key, { keyPlace: place, value: inner }]]) }),
    value,
  );
}
