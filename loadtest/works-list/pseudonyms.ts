import { createHmac } from "node:crypto";
import { placeholderText } from "./placeholder-text.ts";

/** Hexadecimal digits of a pseudonym: 80 bits, so that two of some millions do not fall together. */
const DIGITS = 20;
const IMAGE_ENDING = /\.(webp|png|jpe?g|gif|avif)$/i;

/** What stands for private values. The same key gives the same pseudonym for the same value, in every table and run; without it nothing leads back. */
export interface Pseudonyms {
  /** @param sort `profile`, `user` …: equal values of different sorts get different pseudonyms */
  id(sort: string, value: string): string;
  /** Short and in capitals, like a code that people type. */
  code(value: string): string;
  /** Keeps the ending of an image's name. */
  asset(value: string): string;
  text(value: string): string;
}

/** HMAC-SHA-256 (RFC 2104) under `key`: a plain hash of a guessable id could be found by trying all. */
export function keyedPseudonyms(key: Uint8Array): Pseudonyms {
  const digest = (sort: string, value: string) => createHmac("sha256", key).update(`${sort}\0${value}`).digest();
  const digits = (sort: string, value: string) => digest(sort, value).toString("hex").slice(0, DIGITS);
  return {
    id: (sort, value) => `${sort}-${digits(sort, value)}`,
    code: (value) => `C${digits("code", value).slice(0, 12).toUpperCase()}`,
    asset: (value) => `asset-${digits("asset", value)}${IMAGE_ENDING.exec(value)?.[0].toLowerCase() ?? ""}`,
    text: (value) => placeholderText(value, digest("text", value).readUInt32LE(0)),
  };
}
