import type { Place } from "./problem.ts";

/** A configuration value that remembers where it was written; what YAML text becomes before anything is judged. */
export type Tree = MapTree | ListTree | ScalarTree;

interface TreeBase {
  readonly place: Place;
  /** Set where the value came out of `${…}`: its text before YAML typed it, which is what a string field gets (V-03). */
  readonly original?: string;
}

export interface MapTree extends TreeBase {
  readonly kind: "map";
  /** In the order of the text. A Map, so that `__proto__` is a key like any other. */
  readonly entries: ReadonlyMap<string, Entry>;
}
export interface Entry {
  readonly keyPlace: Place;
  readonly value: Tree;
}
export interface ListTree extends TreeBase {
  readonly kind: "list";
  readonly items: readonly Tree[];
}
export interface ScalarTree extends TreeBase {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** Strings written with quotes or as blocks stay strings; used when the tree is written back as YAML. */
  readonly quoted?: boolean;
}

export type Path = readonly (string | number)[];

/** `receivers::otlp::protocols`, otelcol's way to write a path. */
export function formatPath(path: Path): string {
  return path.map(String).join("::");
}

/** Plain JavaScript values for zod. Maps become null-prototype objects, so no key is special. */
export function toPlain(tree: Tree): unknown {
  switch (tree.kind) {
    case "scalar":
      return tree.value;
    case "list":
      return tree.items.map(toPlain);
    case "map": {
      const plain: Record<string, unknown> = Object.create(null);
      for (const [key, entry] of tree.entries) plain[key] = toPlain(entry.value);
      return plain;
    }
  }
}

/** The tree at a path, or undefined. */
export function treeAt(tree: Tree, path: Path): Tree | undefined {
  let here: Tree | undefined = tree;
  for (const step of path) {
    if (here?.kind === "map") here = here.entries.get(String(step))?.value;
    else if (here?.kind === "list") here = here.items[Number(step)];
    else return undefined;
  }
  return here;
}

/** Where the last step of the path is written: the key if it is a map's, else the deepest thing that does exist on the way. */
export function keyPlaceAt(tree: Tree, path: Path): Place {
  const parent = treeAt(tree, path.slice(0, -1));
  const last = path.at(-1);
  if (parent?.kind === "map" && last !== undefined) {
    const entry = parent.entries.get(String(last));
    if (entry !== undefined) return entry.keyPlace;
  }
  return treeAt(tree, path)?.place ?? (path.length === 0 ? tree.place : keyPlaceAt(tree, path.slice(0, -1)));
}

/** Where a value is written: scalars at the value, maps and lists at their key (their first line says nothing). */
export function valuePlaceAt(tree: Tree, path: Path): Place {
  const found = treeAt(tree, path);
  if (found?.kind === "scalar" && found.place.length > 0 && found.value !== null) return found.place;
  return keyPlaceAt(tree, path);
}

/** A new tree with the value at `path` replaced, or removed when `value` is undefined. Only steps that exist are followed. */
export function withValueAt(tree: Tree, path: Path, value: Tree | undefined): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return value ?? tree;
  if (tree.kind === "map") {
    const key = String(step);
    const entry = tree.entries.get(key);
    if (entry === undefined) return tree;
    const entries = new Map(tree.entries);
    if (rest.length === 0 && value === undefined) entries.delete(key);
    else entries.set(key, { ...entry, value: withValueAt(entry.value, rest, value) });
    return { ...tree, entries };
  }
  if (tree.kind === "list") {
    const index = Number(step);
    const item = tree.items[index];
    if (item === undefined) return tree;
    if (rest.length === 0 && value === undefined) return { ...tree, items: tree.items.toSpliced(index, 1) };
    return { ...tree, items: tree.items.with(index, withValueAt(item, rest, value)) };
  }
  return tree;
}
