import { glob, open, stat } from "node:fs/promises";
import { type FileKey, FileTail, type FileTailOptions, fileKey, type ReadSoFar } from "./file-tail.ts";
import { matchesMark } from "./tail-position.ts";

export interface TailSetOptions extends Omit<FileTailOptions, "path" | "begin" | "opened" | "closed"> {
  readonly paths: readonly string[];
  /** Whether `*`, `?`, `[…]`, `{…}` in a path make it a pattern. */
  readonly isPattern: boolean;
  readonly begin: (path: string, skipped: Uint8Array) => ReturnType<FileTailOptions["begin"]>;
}

/** How often patterns are looked up again. */
const RESCAN_MS = 1000;
/** Files by patterns at a time; more is a pattern that means something else. */
const MAX_FILES = 256;
const MAX_REMEMBERED = 10_000;
const PATTERN = /[*?[\]{}]/;
const COMPRESSED = /\.(gz|bz2|xz|zst|zip)$/i;

/** Tails all files that some paths and patterns name. Compressed files, and files that were read under another name before, are left alone. */
export class TailSet {
  readonly #options: TailSetOptions;
  readonly #tails = new Map<string, FileTail>();
  readonly #patterns: readonly string[];
  /** Files that are open ("open"), or were read until there. */
  readonly #known = new Map<FileKey, ReadSoFar | "open">();
  #next = 0;
  #scannedMs = Number.NEGATIVE_INFINITY;
  #isFirstScan = true;

  constructor(options: TailSetOptions) {
    this.#options = options;
    this.#patterns = options.isPattern ? options.paths.filter((path) => PATTERN.test(path)) : [];
    for (const path of options.paths) if (!this.#patterns.includes(path)) this.#add(path, options.startAt);
  }

  get truncations(): number {
    return this.#sum((tail) => tail.truncations);
  }
  get rotations(): number {
    return this.#sum((tail) => tail.rotations);
  }
  get unreadBytes(): number {
    return this.#sum((tail) => tail.unreadBytes);
  }
  get openFiles(): number {
    return this.#sum((tail) => (tail.isOpen ? 1 : 0));
  }

  /** As FileTail.poll, of all files together; a busy one does not keep the others waiting. */
  async poll(buffer: Uint8Array): Promise<number> {
    await this.#rescan();
    const tails = [...this.#tails.values()];
    let taken = 0;
    for (let count = 0; count < tails.length && taken < buffer.length; count++) {
      taken += await this.#pollOne(tails[this.#next++ % tails.length] as FileTail, buffer.subarray(taken));
    }
    return taken;
  }

  async beginEnd(): Promise<void> {
    this.#scannedMs = Number.NEGATIVE_INFINITY;
    await this.#rescan();
    this.#scannedMs = Number.POSITIVE_INFINITY;
    for (const tail of this.#tails.values()) await tail.beginEnd();
  }

  async close(): Promise<void> {
    for (const tail of this.#tails.values()) await tail.close();
  }

  async #pollOne(tail: FileTail, buffer: Uint8Array): Promise<number> {
    try {
      return await tail.poll(buffer);
    } catch (error) {
      // A disk that fails, a network share that is gone: the next poll tries again.
      this.#options.problem(error as Error);
      return 0;
    }
  }

  async #rescan(): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (this.#patterns.length === 0 || nowMs - this.#scannedMs < RESCAN_MS) return;
    this.#scannedMs = nowMs;
    const startAt = this.#isFirstScan ? this.#options.startAt : "beginning";
    this.#isFirstScan = false;
    for (const path of await this.#matches()) {
      if (this.#tails.has(path) || COMPRESSED.test(path)) continue;
      // A name that a log was given when it was rotated: its file has been read under the old one.
      if (!(await this.#isNew(path))) continue;
      if (this.#tails.size < MAX_FILES) this.#add(path, startAt);
      else this.#options.problem(new Error(`more than ${MAX_FILES} files: ${path} is not read`));
    }
  }

  async #matches(): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const path of glob([...this.#patterns])) found.push(path);
    return found.sort();
  }

  #add(path: string, startAt: FileTailOptions["startAt"]): void {
    const begin = (skipped: Uint8Array) => this.#options.begin(path, skipped);
    const opened = (key: FileKey) => this.#remember(key, "open");
    const closed = (key: FileKey, { position, mark }: ReadSoFar) => this.#remember(key, { position, mark });
    this.#tails.set(path, new FileTail({ ...this.#options, path, startAt, begin, opened, closed }));
  }

  async #isNew(path: string): Promise<boolean> {
    try {
      const found = await stat(path);
      if (!found.isFile()) return false;
      const known = this.#known.get(fileKey(found));
      if (known === undefined) {
        this.#remember(fileKey(found), "open");
        return true;
      }
      if (known === "open") return false;
      await using handle = await open(path, "r");
      return found.size < known.position || !(await matchesMark(handle, known.position, known.mark));
    } catch {
      return false;
    }
  }

  #remember(key: FileKey, state: ReadSoFar | "open"): void {
    this.#known.delete(key);
    this.#known.set(key, state);
    if (this.#known.size > MAX_REMEMBERED) this.#known.delete(this.#known.keys().next().value as string);
  }

  #sum(of: (tail: FileTail) => number): number {
    return [...this.#tails.values()].reduce((sum, tail) => sum + of(tail), 0);
  }
}
