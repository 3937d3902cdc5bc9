import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version in the package.json of the project, found upwards from this file: from the sources as from the built file. "" where there is none. */
export function ownVersion(): string {
  for (let folder = import.meta.dirname, last = ""; folder !== last; last = folder, folder = dirname(folder)) {
    const found = readDescription(join(folder, "package.json"));
    if (found?.name === "pitwall") return found.version ?? "";
  }
  return "";
}

function readDescription(path: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as { readonly name?: string; readonly version?: string };
  } catch {
    return undefined;
  }
}
