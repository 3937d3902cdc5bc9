import { readFileSync } from "node:fs";

export type Fields = Readonly<Record<string, unknown>>;

/** One case of a golden file: what goes in, what must come out, and where that is known from. */
export interface GoldenCase {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly input: Fields;
  readonly expected: unknown;
  readonly note: string;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Throws: Error with the file, the place and what is wrong there. */
export function readCases(path: string): readonly GoldenCase[] {
  return parseCases(readFileSync(path, "utf8"), path);
}

export function parseCases(text: string, path: string): readonly GoldenCase[] {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(all)) throw new Error(`${path}: must be an array of cases`);
  return all.map((one: unknown, index) => {
    const place = `${path}: case ${index}`;
    if (!isFields(one)) throw new Error(`${place} is not an object`);
    const { id, kind, input, source = "", note = "" } = one;
    if (typeof id !== "string" || id === "") throw new Error(`${place} has no id`);
    if (typeof kind !== "string") throw new Error(`${place} (${id}) has no kind`);
    if (!isFields(input)) throw new Error(`${place} (${id}): input must be an object`);
    if (!("expected" in one)) throw new Error(`${place} (${id}) does not say what is expected`);
    return { id, kind, source: String(source), input, expected: one["expected"], note: String(note) };
  });
}
