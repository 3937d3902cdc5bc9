import { basename, dirname, extname, join } from "node:path";

/** `2026-11-21T10-00-00.000`: sorts by time and is a file name on every system. */
const STAMP = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}$/;

/**
 * What a rotated file is called: the time before the extension, `run.json` → `run-2026-11-21T10-00-00.000.json`.
 * Source: lumberjack v2 `backupName`, which otelcol's file exporter rotates with.
 */
export function backupName(path: string, at: Date, isLocal: boolean): string {
  const { stem, extension } = partsOf(path);
  return join(dirname(path), `${stem}-${stampOf(at, isLocal)}${extension}`);
}

/** The time in a backup's name, as written; undefined where this file is not a backup of `path`. */
export function backupStamp(path: string, fileName: string): string | undefined {
  const { stem, extension } = partsOf(path);
  if (!fileName.startsWith(`${stem}-`) || !fileName.endsWith(extension)) return undefined;
  const stamp = fileName.slice(stem.length + 1, fileName.length - extension.length);
  return STAMP.test(stamp) ? stamp : undefined;
}

/** In ms; the inverse of what `backupName` wrote. */
export function stampMs(stamp: string, isLocal: boolean): number {
  const [date = "", time = ""] = stamp.split("T");
  return Date.parse(`${date}T${time.replace("-", ":").replace("-", ":")}${isLocal ? "" : "Z"}`);
}

function partsOf(path: string): { readonly stem: string; readonly extension: string } {
  const extension = extname(path);
  return { stem: basename(path, extension), extension };
}

function stampOf(at: Date, isLocal: boolean): string {
  const shown = isLocal ? new Date(at.getTime() - at.getTimezoneOffset() * 60_000) : at;
  return shown.toISOString().slice(0, -1).replaceAll(":", "-");
}
