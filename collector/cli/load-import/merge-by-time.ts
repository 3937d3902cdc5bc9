import type { LoadItem } from "../../model/load-record.ts";
import { msFromUnixNano } from "../../model/time.ts";

/** A file and how far its clock has got. */
export interface Timed<File> {
  readonly file: File;
  readonly items: readonly LoadItem[];
  /** Latest time told by the file so far, Unix ms; what comes next is not much older. */
  readonly reachedMs: number;
  /** Earliest of all files that are not at their end. */
  readonly slowestMs: number;
}

/**
 * Reads several files side by side, always from the one whose clock is behind: requests that two witnesses saw meet within seconds, as they
 * would have when they happened. A file without times is read first.
 */
export async function* mergeByTime<File extends { chunks(): AsyncIterable<readonly LoadItem[]> }>(
  files: readonly File[],
): AsyncGenerator<Timed<File>> {
  const readers = files.map((file) => ({ file, chunks: file.chunks()[Symbol.asyncIterator](), reachedMs: Number.NEGATIVE_INFINITY }));
  while (readers.length > 0) {
    const slowest = readers.reduce((least, reader) => (reader.reachedMs < least.reachedMs ? reader : least));
    const { done, value } = await slowest.chunks.next();
    if (done === true) readers.splice(readers.indexOf(slowest), 1);
    else {
      slowest.reachedMs = Math.max(slowest.reachedMs, latestMs(value));
      const slowestMs = readers.reduce((least, { reachedMs }) => Math.min(least, reachedMs), Number.POSITIVE_INFINITY);
      yield { file: slowest.file, items: value, reachedMs: slowest.reachedMs, slowestMs };
    }
  }
}

function latestMs(items: readonly LoadItem[]): number {
  let latest = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const time = timeOf(item);
    if (time !== undefined) latest = Math.max(latest, msFromUnixNano(time));
  }
  return latest;
}

function timeOf(item: LoadItem): bigint | undefined {
  switch (item.kind) {
    case "request":
    case "aggregate":
      return item.endUnixNano ?? item.startUnixNano;
    case "sample":
      return item.timeUnixNano;
    default:
      return undefined;
  }
}
