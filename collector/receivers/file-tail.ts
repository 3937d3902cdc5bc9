import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { lineStartBefore, matchesMark, TAIL_MARK_BYTES } from "./tail-position.ts";

/** Takes what stands in one file, as one stream of bytes. */
export interface TailedBytes {
  /** Borrowed: the memory is used again afterwards. */
  bytes(chunk: Uint8Array): void;
  /** There will be no more. `isCut`: the file was truncated, and what followed its last line feed is gone. */
  end(isCut: boolean): void;
}

/** Device and number: the same under every name that the file has, and given to another file once it is gone. */
export type FileKey = string;

/** How far a file was read, and its last bytes until there. */
export interface ReadSoFar {
  readonly position: number;
  readonly mark: Uint8Array;
}

export interface FileTailOptions {
  readonly path: string;
  /**
   * Of a file that is there at first sight, be it that it can be read only later; others are read from their beginning. `end`: from the beginning of
   * its last, unfinished line.
   */
  readonly startAt: "beginning" | "end";
  /** Called for each file that begins, and again after a truncation. `skipped`: the first bytes (up to 64 KiB) of what is passed over. */
  readonly begin: (skipped: Uint8Array) => TailedBytes;
  /** Told of each file that is opened, and when it is closed how far it was read. */
  readonly opened?: (file: FileKey) => void;
  readonly closed?: (file: FileKey, read: ReadSoFar) => void;
  /** Told of a path that cannot be read; asked again with each poll. */
  readonly problem: (error: Error) => void;
  readonly nowMs: () => number;
}

/** How long a file that was renamed is still read: a writer that is told to reopen its log ends the requests it is at first. */
const RENAMED_GRACE_MS = 5000;
/** How long a file is kept open that nobody writes to and that has no name any more. */
const NAMELESS_GRACE_MS = 60_000;
const SKIPPED_HEAD_BYTES = 65_536;

interface OpenFile {
  readonly handle: FileHandle;
  readonly key: string;
  position: number;
  /** The last bytes before `position`, to know the file again after a wait. */
  mark: Uint8Array;
  isAtEnd: boolean;
  quietSinceMs: number;
  into: TailedBytes;
  /** Read no further: the end has been ordered. */
  limit: number;
}

/**
 * Reads a file while it grows. Waits until there is one; follows a rename with a new file in its place (the old one is read to its end, and
 * for 5 s more); begins anew after a truncation, also when the file has grown beyond the old position since. Nothing is read between two
 * polls, so whoever cannot take more just does not poll.
 *
 * Not seen: a file that is renamed and replaced again within one poll interval, and lines that a truncation took before they were read.
 * Owns: the handles, until `close`.
 */
export class FileTail {
  readonly path: string;
  readonly #options: FileTailOptions;
  #current: OpenFile | undefined;
  readonly #renamed: OpenFile[] = [];
  /** The file that was given up last: its name may come back. */
  #left: (ReadSoFar & { readonly key: FileKey }) | undefined;
  #isFirstLook = true;
  #isEnding = false;
  truncations = 0;
  rotations = 0;

  constructor(options: FileTailOptions) {
    this.path = options.path;
    this.#options = options;
  }

  /** Whether any file is open. */
  get isOpen(): boolean {
    return this.#current !== undefined || this.#renamed.length > 0;
  }

  /** Hands over at most about `buffer.length` bytes and gives their number; 0: all has been read for now. Never two at a time. */
  async poll(buffer: Uint8Array): Promise<number> {
    let taken = 0;
    for (const file of [...this.#renamed]) {
      taken += await this.#readRenamed(file, buffer.subarray(taken));
      if (file.isAtEnd && this.#options.nowMs() - file.quietSinceMs > RENAMED_GRACE_MS) await this.#finish(file);
    }
    if (taken >= buffer.length) return taken;
    if (this.#current === undefined && !this.#isEnding) await this.#open();
    if (this.#current === undefined) return taken;
    taken += await this.#read(this.#current, buffer.subarray(taken));
    if (this.#current.isAtEnd && !this.#isEnding) await this.#look(this.#current);
    return taken;
  }

  /** From now on only what is already there is read; poll until it gives 0, then `close`. */
  async beginEnd(): Promise<void> {
    if (this.#current === undefined) await this.#open();
    else await this.#look(this.#current);
    this.#isEnding = true;
    for (const file of this.#files())
      file.limit = await file.handle.stat().then(
        (found) => found.size,
        () => file.position,
      );
  }

  /** Bytes that are there and were not read; 0 after an orderly end. */
  get unreadBytes(): number {
    return this.#files().reduce((sum, { limit, position }) => sum + (Number.isFinite(limit) ? Math.max(0, limit - position) : 0), 0);
  }

  /** Ends all streams. Calling it twice is allowed. */
  async close(): Promise<void> {
    this.#isEnding = true;
    for (const file of this.#files()) await this.#finish(file);
  }

  #files(): readonly OpenFile[] {
    return this.#current === undefined ? this.#renamed : [...this.#renamed, this.#current];
  }

  async #open(): Promise<void> {
    const there = await this.#stat();
    if (there === "missing") this.#isFirstLook = false;
    if (typeof there === "string") return;
    let handle: FileHandle;
    try {
      handle = await open(this.path, "r");
    } catch (error) {
      if (!isMissing(error)) this.#options.problem(error as Error);
      return;
    }
    const isFirst = this.#isFirstLook;
    this.#isFirstLook = false;
    try {
      const found = await handle.stat();
      const { size } = found;
      const again = await this.#readBefore(handle, found);
      const position = isFirst && this.#options.startAt === "end" ? await lineStartBefore(handle, size) : again;
      const skipped = new Uint8Array(Math.min(position, SKIPPED_HEAD_BYTES));
      await handle.read(skipped, 0, skipped.length, 0);
      const mark = new Uint8Array(Math.min(position, TAIL_MARK_BYTES));
      await handle.read(mark, 0, mark.length, position - mark.length);
      const into = this.#options.begin(skipped);
      const quietSinceMs = this.#options.nowMs();
      this.#current = { handle, key: fileKey(found), position, mark, isAtEnd: false, quietSinceMs, into, limit: Number.POSITIVE_INFINITY };
      this.#options.opened?.(this.#current.key);
    } catch (error) {
      await handle.close();
      this.#options.problem(error as Error);
    }
  }

  /** How far this very file was read before it lost its name for a while. */
  async #readBefore(handle: FileHandle, found: Stats): Promise<number> {
    const left = this.#left;
    if (left === undefined || left.key !== fileKey(found) || found.size < left.position) return 0;
    return (await matchesMark(handle, left.position, left.mark)) ? left.position : 0;
  }

  async #read(file: OpenFile, buffer: Uint8Array): Promise<number> {
    const { size } = await file.handle.stat();
    if (size < file.position || (size > file.position && !(await matchesMark(file.handle, file.position, file.mark)))) {
      this.truncations++;
      file.into.end(true);
      file.into = this.#options.begin(new Uint8Array(0));
      file.position = 0;
      file.mark = new Uint8Array(0);
      file.isAtEnd = false;
      if (Number.isFinite(file.limit)) file.limit = size;
    }
    const wanted = Math.min(buffer.length, Math.max(0, file.limit - file.position));
    const { bytesRead } = wanted === 0 ? { bytesRead: 0 } : await file.handle.read(buffer, 0, wanted, file.position);
    file.isAtEnd = bytesRead < buffer.length;
    if (bytesRead === 0) return 0;
    file.position += bytesRead;
    file.quietSinceMs = this.#options.nowMs();
    const chunk = buffer.subarray(0, bytesRead);
    if (file.isAtEnd) file.mark = markAfter(file.mark, chunk);
    else file.mark = chunk.slice(-TAIL_MARK_BYTES);
    file.into.bytes(chunk);
    return bytesRead;
  }

  /** One that cannot be read any more must not keep the others from being read. */
  async #readRenamed(file: OpenFile, buffer: Uint8Array): Promise<number> {
    try {
      return await this.#read(file, buffer);
    } catch (error) {
      this.#options.problem(error as Error);
      file.isAtEnd = true;
      return 0;
    }
  }

  /** Whether the path still means the file that is being read. */
  async #look(file: OpenFile): Promise<void> {
    const found = await this.#stat();
    if (found === "unreadable") return;
    if (found === "missing") {
      if (this.#options.nowMs() - file.quietSinceMs > NAMELESS_GRACE_MS) await this.#finish(file);
      return;
    }
    if (fileKey(found) === file.key) return;
    this.rotations++;
    this.#renamed.push(file);
    this.#current = undefined;
    // Quiet is counted from here: a log without requests was quiet before.
    file.quietSinceMs = this.#options.nowMs();
    await this.#open();
  }

  async #finish(file: OpenFile): Promise<void> {
    const index = this.#renamed.indexOf(file);
    if (index >= 0) this.#renamed.splice(index, 1);
    else if (this.#current === file) this.#current = undefined;
    file.into.end(false);
    this.#left = { key: file.key, position: file.position, mark: file.mark };
    this.#options.closed?.(file.key, file);
    await file.handle.close();
  }

  async #stat(): Promise<Stats | "missing" | "unreadable"> {
    try {
      const found = await stat(this.path);
      if (found.isFile()) return found;
      this.#options.problem(new Error(`${this.path} is no file`));
    } catch (error) {
      if (isMissing(error)) return "missing";
      this.#options.problem(error as Error);
    }
    return "unreadable";
  }
}

export function fileKey({ dev, ino }: Stats): FileKey {
  return `${dev}:${ino}`;
}

function markAfter(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (chunk.length >= TAIL_MARK_BYTES) return chunk.slice(-TAIL_MARK_BYTES);
  const kept = before.subarray(Math.max(0, before.length + chunk.length - TAIL_MARK_BYTES));
  const mark = new Uint8Array(kept.length + chunk.length);
  mark.set(kept);
  mark.set(chunk, kept.length);
  return mark;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
