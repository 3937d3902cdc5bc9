import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { WorksInputError } from "./works-input-error.ts";

/** Of a key made here: as many as the hash gives out, so that guessing it is no shorter than guessing the hash. */
const KEY_BYTES = 32;
/** Below this somebody typed a password, and ids could be found by trying. */
const LEAST_CHARACTERS = 32;

/** Where the key of the pseudonyms comes from. */
export type KeySource =
  /** Given by name: must be there, since a new one would give every id a new pseudonym. */
  | { readonly from: "file"; readonly file: string }
  | { readonly from: "environment"; readonly text: string }
  /** Nobody named one: made at the first run and kept. */
  | { readonly from: "own file"; readonly file: string };

/** @throws WorksInputError where a named key is missing or too short to protect anything */
export function readKey(source: KeySource): { readonly key: Uint8Array; readonly isNew: boolean } {
  if (source.from === "environment") return { key: keyOf(source.text, "WORKS_LIST_KEY"), isNew: false };
  const known = readIfThere(source.file);
  if (known !== undefined) return { key: keyOf(known, source.file), isNew: false };
  if (source.from === "file") throw new WorksInputError(source.file, "no such key file; leave --key out and one is made and kept");
  const text = randomBytes(KEY_BYTES).toString("hex");
  // Two runs at once: the second fails here and must not go on with a key that is not kept.
  writeFileSync(source.file, `${text}\n`, { flag: "wx", mode: 0o600 });
  return { key: keyOf(text, source.file), isNew: true };
}

function keyOf(text: string, place: string): Uint8Array {
  const trimmed = text.trim();
  if (trimmed.length >= LEAST_CHARACTERS) return Buffer.from(trimmed);
  throw new WorksInputError(
    place,
    `a key of ${trimmed.length} characters protects nothing; it wants ${LEAST_CHARACTERS} or more (openssl rand -hex 32)`,
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
