import { type FileHandle, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { backupName, backupStamp, stampMs } from "./backup-name.ts";

const MS_PER_DAY = 86_400_000;

export interface Rotation {
  /** A write that would grow the file beyond this goes to a new one. */
  readonly maxBytes: number;
  /** Backups older than this many days are removed; 0 = kept. */
  readonly maxDays: number;
  /** More backups than this are removed, the oldest first; 0 = all are kept. */
  readonly maxBackups: number;
  readonly isLocalTime: boolean;
}

export interface RotatingFileOptions {
  /** Keep what the file holds already. */
  readonly append: boolean;
  readonly rotation?: Rotation;
  readonly now?: () => Date;
  /** Told of trouble that costs no data (a rotation that did not work). */
  readonly complain: (error: unknown, what: string) => void;
}

interface Waiting {
  readonly record: Uint8Array;
  readonly settle: PromiseWithResolvers<void>;
}

/** Appends whole records to a file, and to the next one when it is full. Records written at the same time share one system call. */
export class RotatingFile implements AsyncDisposable {
  readonly #path: string;
  readonly #options: RotatingFileOptions;
  readonly #waiting: Waiting[] = [];
  #file: FileHandle;
  #sizeBytes: number;
  #writing: Promise<void> | undefined;
  #isDirty = false;
  #isSyncAsked = false;

  private constructor(path: string, options: RotatingFileOptions, file: FileHandle, sizeBytes: number) {
    this.#path = path;
    this.#options = options;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  static async open(path: string, options: RotatingFileOptions): Promise<RotatingFile> {
    const handle = await open(path, "a");
    const { size } = await handle.stat();
    if (!options.append && size > 0) await handle.truncate(0);
    const file = new RotatingFile(path, options, handle, options.append ? size : 0);
    await file.#removeOldBackups();
    return file;
  }

  /** Resolves when the operating system has the record; rejects with its error, and then nothing of the record is in the file. */
  write(record: Uint8Array): Promise<void> {
    const settle = Promise.withResolvers<void>();
    this.#waiting.push({ record, settle });
    this.#writing ??= this.#drain();
    return settle.promise;
  }

  /** Makes what was written survive a power cut; while a write is under way, right after it. */
  async sync(): Promise<void> {
    if (this.#writing === undefined) await this.#sync();
    else this.#isSyncAsked = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    try {
      await this.#sync();
    } finally {
      await this.#file.close();
    }
  }

  async #sync(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    try {
      await this.#file.datasync();
    } catch (error) {
      if (!CANNOT_SYNC.has(codeOf(error))) throw error;
    }
  }

  async #drain(): Promise<void> {
    // A turn later, so that pushes of the same turn go together.
    await undefined;
    while (this.#waiting.length > 0) {
      if (this.#isFull(this.#waiting[0]?.record.length ?? 0)) await this.#rotate();
      const group = this.#takeGroup();
      try {
        await this.#append(group);
        for (const { settle } of group) settle.resolve();
      } catch (error) {
        for (const { settle } of group) settle.reject(error);
      }
      if (this.#isSyncAsked) await this.#sync().catch((error: unknown) => this.#options.complain(error, "the file could not be flushed"));
      this.#isSyncAsked = false;
    }
    this.#writing = undefined;
  }

  /** What still fits; at least one record. */
  #takeGroup(): Waiting[] {
    let bytes = 0;
    let taken = 0;
    for (const { record } of this.#waiting) {
      bytes += record.length;
      if (taken > 0 && this.#isFull(bytes)) break;
      taken++;
    }
    return this.#waiting.splice(0, taken);
  }

  #isFull(more: number): boolean {
    const { rotation } = this.#options;
    return rotation !== undefined && this.#sizeBytes > 0 && this.#sizeBytes + more > rotation.maxBytes;
  }

  async #append(group: readonly Waiting[]): Promise<void> {
    const [only] = group;
    const bytes = group.length === 1 && only !== undefined ? only.record : Buffer.concat(group.map(({ record }) => record));
    this.#isDirty = true;
    try {
      await this.#file.appendFile(bytes);
      this.#sizeBytes += bytes.length;
    } catch (error) {
      // Half a record would make the next one unreadable.
      await this.#file.truncate(this.#sizeBytes).catch((failure: unknown) => this.#options.complain(failure, "a torn record could not be cut off"));
      throw error;
    }
  }

  async #rotate(): Promise<void> {
    try {
      const backup = await this.#freeBackupName();
      // After a rotation that failed the file may be closed: the next one opens it again.
      await this.#sync().catch((error: unknown) => this.#options.complain(error, "the file could not be flushed"));
      // Closed before it is renamed: Windows wants it so.
      await this.#file.close();
      try {
        await rename(this.#path, backup);
      } finally {
        this.#file = await open(this.#path, "a");
        this.#sizeBytes = (await this.#file.stat()).size;
      }
      await this.#removeOldBackups();
    } catch (error) {
      this.#options.complain(error, "the file could not be rotated");
    }
  }

  /** Two rotations within a millisecond must not overwrite one another. */
  async #freeBackupName(): Promise<string> {
    const { rotation, now = () => new Date() } = this.#options;
    const at = now();
    for (;;) {
      const name = backupName(this.#path, at, rotation?.isLocalTime ?? false);
      const isFree = await stat(name).then(
        () => false,
        () => true,
      );
      if (isFree) return name;
      at.setMilliseconds(at.getMilliseconds() + 1);
    }
  }

  async #removeOldBackups(): Promise<void> {
    const { rotation, now = () => new Date() } = this.#options;
    if (rotation === undefined) return;
    const backups = await backupsOf(this.#path);
    const oldestMs = rotation.maxDays > 0 ? now().getTime() - rotation.maxDays * MS_PER_DAY : Number.NEGATIVE_INFINITY;
    const tooMany = rotation.maxBackups > 0 ? backups.length - rotation.maxBackups : 0;
    const old = backups.filter(({ stamp }, index) => index < tooMany || stampMs(stamp, rotation.isLocalTime) < oldestMs);
    for (const { path } of old) await unlink(path).catch((error: unknown) => this.#options.complain(error, "an old backup could not be removed"));
  }
}

/** What has no disk behind it (a pipe, a terminal, /dev/null) has nothing to flush. */
const CANNOT_SYNC = new Set(["EINVAL", "ENOTSUP", "EROFS"]);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** The rotated predecessors of a file, oldest first. */
export async function backupsOf(path: string): Promise<readonly { readonly path: string; readonly stamp: string }[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name !== basename(path))
    .map((name) => ({ path: join(folder, name), stamp: backupStamp(path, name) ?? "" }))
    .filter(({ stamp }) => stamp !== "")
    .sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
}
