import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readdirSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { LoadError } from "../../collector/model/errors.ts";
import { crc32c } from "../../collector/wire/crc32c.ts";
import { lock, unlock } from "./spill-lock.ts";
import { decodeRecord, encodeRecord, MAGIC_BYTES, RECORD_HEADER_BYTES, recordLength, type SpillRecord } from "./spill-record.ts";

/** Where a record stands. */
export interface SpillEntry {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  /** As its header says; the checksum is verified when the record is read. */
  readonly points: number;
}

/** Told of what was cut off: samples and histograms as far as the record's header is there. */
export type OnTorn = (torn: { readonly bytes: number; readonly entries: number }) => void;

/** 16 MiB: what is delivered gives its room back in pieces of this size. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const SEGMENT_NAME = /^(\d{8})\.rw$/;
const POSITION_BYTES = 20;

/**
 * Records in numbered files of one folder, appended at the end and taken from the front. What `append` has written survives the end of the
 * process however it comes, since the operating system has it; a power cut may cost the newest records. What a crash has cut short is cut off.
 *
 * File access is synchronous: it happens only while the receiver is away, in pieces of some 20 KB, and keeps the order for certain.
 */
export class SpillFiles implements Disposable {
  readonly #folder: string;
  readonly #files = new Map<number, { readonly fd: number; size: number }>();
  readonly #position: number;
  #writing: number;

  private constructor(folder: string, writing: number) {
    this.#folder = folder;
    this.#writing = writing;
    this.#position = openSync(join(folder, "position"), "a+");
    closeSync(this.#position);
    this.#position = openSync(join(folder, "position"), "r+");
  }

  /**
   * Opens the folder, which is made where it is missing; `entries` is what a process before left undelivered, in order.
   * Throws: E_FILE where it cannot be used, or another process uses it.
   */
  static open(folder: string, torn: OnTorn): { readonly files: SpillFiles; readonly entries: readonly SpillEntry[] } {
    try {
      mkdirSync(folder, { recursive: true });
      lock(folder);
      const numbers = readdirSync(folder)
        .map((name) => Number(SEGMENT_NAME.exec(name)?.[1] ?? Number.NaN))
        .filter((number) => !Number.isNaN(number))
        .sort((a, b) => a - b);
      const files = new SpillFiles(folder, numbers.at(-1) ?? 0);
      const from = files.#readPosition();
      // Behind what was delivered from files that have gone, too: otherwise what is written now would count as delivered by the next run.
      files.#writing = Math.max(files.#writing, from.segment) + 1;
      const entries = numbers.flatMap((number) => files.#scan(number, torn)).filter((entry) => !isBefore(entry, from));
      const living = new Set(entries.map((entry) => entry.segment));
      for (const number of numbers) if (!living.has(number)) files.#remove(number);
      return { files, entries };
    } catch (error) {
      if (error instanceof LoadError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new LoadError("E_FILE", `the queue directory ${folder} cannot be used: ${why}`, { cause: error });
    }
  }

  append(record: SpillRecord): SpillEntry {
    let file = this.#files.get(this.#writing);
    if (file !== undefined && file.size >= SEGMENT_BYTES) {
      this.#writing++;
      file = undefined;
    }
    file ??= this.#openSegment(this.#writing);
    const bytes = encodeRecord(record);
    const entry = { segment: this.#writing, offset: file.size, length: bytes.length, points: record.counts.points };
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done, bytes.length - done, entry.offset + done);
    } catch (error) {
      // Half a record (no room left) must not stand before the next one.
      ftruncateSync(file.fd, entry.offset);
      throw error;
    }
    file.size += bytes.length;
    return entry;
  }

  /** Undefined where the record is damaged, or cannot be read. */
  read({ segment, offset, length }: SpillEntry): SpillRecord | undefined {
    try {
      const file = this.#files.get(segment) ?? this.#openSegment(segment);
      const bytes = Buffer.alloc(length);
      return readSync(file.fd, bytes, 0, length, offset) === length ? decodeRecord(bytes) : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Everything up to this entry is done with; `next` is what follows it. Files that are no longer needed go. Where that cannot be written down (the
   * disk is full, the folder has gone) the next run may send some of it once more, which receivers take for the same samples.
   */
  done(entry: SpillEntry, next: SpillEntry | undefined): void {
    attempt(() => this.#writePosition(entry));
    for (const number of [...this.#files.keys()]) if (next === undefined || number < next.segment) attempt(() => this.#remove(number));
    if (!this.#files.has(this.#writing)) this.#writing++;
  }

  #writePosition(entry: SpillEntry): void {
    const bytes = Buffer.alloc(POSITION_BYTES);
    bytes.writeDoubleLE(entry.segment, 0);
    bytes.writeDoubleLE(entry.offset + entry.length, 8);
    bytes.writeUInt32LE(crc32c(bytes.subarray(0, 16)), 16);
    writeSync(this.#position, bytes, 0, POSITION_BYTES, 0);
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#files.values()) closeSync(fd);
    this.#files.clear();
    closeSync(this.#position);
    unlock(this.#folder);
  }

  #openSegment(number: number): { readonly fd: number; size: number } {
    const path = this.#path(number);
    const fd = openSync(path, "a+");
    closeSync(fd);
    const file = { fd: openSync(path, "r+"), size: 0 };
    file.size = fstatSync(file.fd).size;
    this.#files.set(number, file);
    return file;
  }

  #remove(number: number): void {
    const file = this.#files.get(number);
    this.#files.delete(number);
    if (file !== undefined) closeSync(file.fd);
    unlinkSync(this.#path(number));
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(8, "0")}.rw`);
  }

  /** The records of one file; what is none is passed over, and cut off at the end. */
  #scan(segment: number, torn: OnTorn): readonly SpillEntry[] {
    const file = this.#openSegment(segment);
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    const entries: SpillEntry[] = [];
    let offset = 0;
    for (;;) {
      const got = readSync(file.fd, header, 0, RECORD_HEADER_BYTES, offset);
      const length = got === RECORD_HEADER_BYTES ? recordLength(header) : undefined;
      if (length === undefined || offset + length > file.size) {
        const next = nextRecord(file.fd, offset + 1, file.size);
        if (next === undefined) break;
        torn({ bytes: next - offset, entries: 0 });
        offset = next;
        continue;
      }
      entries.push({ segment, offset, length, points: header.readUInt32LE(16) });
      offset += length;
    }
    if (offset < file.size) {
      const isHeader = readSync(file.fd, header, 0, RECORD_HEADER_BYTES, offset) === RECORD_HEADER_BYTES && recordLength(header) !== undefined;
      torn({ bytes: file.size - offset, entries: isHeader ? header.readUInt32LE(20) + header.readUInt32LE(24) : 0 });
      ftruncateSync(file.fd, offset);
      file.size = offset;
    }
    return entries;
  }

  #readPosition(): { readonly segment: number; readonly offset: number } {
    const bytes = Buffer.alloc(POSITION_BYTES);
    const got = readSync(this.#position, bytes, 0, POSITION_BYTES, 0);
    const isWhole = got === POSITION_BYTES && crc32c(bytes.subarray(0, 16)) === bytes.readUInt32LE(16);
    return isWhole ? { segment: bytes.readDoubleLE(0), offset: bytes.readDoubleLE(8) } : { segment: 0, offset: 0 };
  }
}

/** Where the next whole record begins behind a damaged header. */
function nextRecord(fd: number, from: number, sizeBytes: number): number | undefined {
  const bytes = Buffer.alloc(Math.max(0, sizeBytes - from));
  readSync(fd, bytes, 0, bytes.length, from);
  for (let at = bytes.indexOf(MAGIC_BYTES); at >= 0; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    const length = recordLength(bytes.subarray(at));
    if (length !== undefined && at + length <= bytes.length && decodeRecord(bytes.subarray(at, at + length)) !== undefined) return from + at;
  }
  return undefined;
}

function isBefore(entry: SpillEntry, from: { readonly segment: number; readonly offset: number }): boolean {
  return entry.segment < from.segment || (entry.segment === from.segment && entry.offset < from.offset);
}

/** What the system refuses here changes nothing for what waits. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // See `done`.
  }
}
