import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/**
 * Writes files so that a reader finds the old one or the whole new one: all are written beside their places first, and only when every one is on
 * the disk are they renamed. Where that fails, what was begun is removed.
 */
export function writeAll(files: readonly { readonly file: string; readonly text: string }[]): void {
  const written: string[] = [];
  try {
    for (const { file, text } of files) {
      const temporary = `${file}.${process.pid}.tmp`;
      const handle = openSync(temporary, "wx");
      written.push(temporary);
      try {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    }
    for (const { file } of files) renameSync(`${file}.${process.pid}.tmp`, file);
  } catch (error) {
    for (const temporary of written) rmSync(temporary, { force: true });
    throw error;
  }
}
