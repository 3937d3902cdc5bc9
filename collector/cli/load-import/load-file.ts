import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { LoadError } from "../../model/errors.ts";
import type { LoadItem } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import { DETECT_BYTES, detectFormat } from "../../wire/generators/detect-format.ts";
import { formatNamed, LOAD_FORMATS } from "../../wire/generators/formats.ts";
import type { Mapping } from "../../wire/generators/generic-mapping.ts";
import { GENERIC_FACTS, openGenericCsv, openGenericJson, openGenericNdjson } from "../../wire/generators/generic-reader.ts";
import type { LineAccount } from "../../wire/generators/line-account.ts";
import { LineSplitter } from "../../wire/generators/line-splitter.ts";
import type { FormatFacts, LineReader, ReaderOptions } from "../../wire/generators/reader.ts";

export interface LoadFileOptions {
  /** Name of a format, or `otlp` for a recording of the file exporter; undefined: by its content. */
  readonly format: string | undefined;
  readonly mapping: Mapping | undefined;
  /** For formats that hold only times since the beginning. */
  readonly beganUnixNano: UnixNano | undefined;
}

/** A recorded file whose items come in its order. */
export interface LoadFile {
  readonly path: string;
  readonly facts: FormatFacts;
  readonly account: LineAccount;
  /** A few thousand at a time; [] where lines were read that made no item yet. */
  chunks(): AsyncGenerator<readonly LoadItem[]>;
}

/** `otlp`: a recording of the file exporter, which is read as batches. */
export type OpenedFile = LoadFile | { readonly path: string; readonly facts: "otlp" };

/** Throws: E_FILE where it cannot be read, E_IMPORT where its format is not known or not read. */
export async function openLoadFile(path: string, options: LoadFileOptions): Promise<OpenedFile> {
  const head = await headOf(path);
  const encoding = detectFormat(head.bytes, basename(path));
  const packed = encoding.kind === "compressed" ? encoding.encoding : undefined;
  const first = packed === undefined ? head.bytes : await unpackedHead(path, packed);
  if (options.format === "otlp" || (options.format === undefined && options.mapping === undefined && looksLikeOtlp(first))) {
    return { path, facts: "otlp" };
  }
  const items: LoadItem[] = [];
  const emit = (item: LoadItem): void => {
    items.push(item);
  };
  const readerOptions: ReaderOptions = {
    emit,
    fileName: basename(path),
    ...(options.beganUnixNano === undefined ? {} : { beganUnixNano: options.beganUnixNano }),
  };
  const { facts, reader } = openReader(path, first, options, readerOptions);
  return {
    path,
    facts,
    account: reader.account,
    async *chunks() {
      const lines = new LineSplitter(reader);
      for await (const chunk of readable(path, bytesOf(path, packed))) {
        lines.push(chunk);
        yield items.splice(0);
      }
      lines.end();
      yield items.splice(0);
    },
  };
}

function openReader(
  path: string,
  head: Uint8Array,
  { format, mapping }: LoadFileOptions,
  options: ReaderOptions,
): { readonly facts: FormatFacts; readonly reader: LineReader } {
  if (mapping !== undefined) return { facts: GENERIC_FACTS, reader: openMapped(path, head, mapping, options) };
  if (format !== undefined) {
    const named = formatNamed(format);
    if (named === undefined) {
      throw new LoadError("E_IMPORT", `there is no format "${format}"`, {
        hint: `Formats: otlp, ${LOAD_FORMATS.map(({ facts }) => facts.format).join(", ")}.`,
      });
    }
    return { facts: named.facts, reader: named.open(options) };
  }
  const detected = detectFormat(head, basename(path).replace(/\.(?:gz|zst)$/, ""));
  if (detected.kind === "refused") throw new LoadError("E_IMPORT", `${path} is ${detected.what}`);
  if (detected.kind !== "format") throw new LoadError("E_IMPORT", `${path}: its format is not known`);
  return { facts: detected.format.facts, reader: detected.format.open(options) };
}

function openMapped(path: string, head: Uint8Array, mapping: Mapping, options: ReaderOptions): LineReader {
  const text = new TextDecoder().decode(head).trimStart();
  if (!text.startsWith("{") && !text.startsWith("[")) return openGenericCsv(mapping, options, /\.tsv(?:\.|$)/i.test(path) ? "\t" : ",");
  return mapping.as === "summary" ? openGenericJson(mapping, options) : openGenericNdjson(mapping, options);
}

function looksLikeOtlp(head: Uint8Array): boolean {
  return /^\s*\{\s*"resource(?:Spans|Metrics|Logs)"/.test(new TextDecoder().decode(head.subarray(0, 200)));
}

async function headOf(path: string): Promise<{ readonly bytes: Uint8Array }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const buffer = new Uint8Array(DETECT_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return { bytes: buffer.subarray(0, bytesRead) };
  } catch (error) {
    throw new LoadError("E_FILE", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    await handle?.close();
  }
}

async function unpackedHead(path: string, encoding: "gzip" | "zstd"): Promise<Uint8Array> {
  for await (const chunk of readable(path, bytesOf(path, encoding))) return chunk;
  return new Uint8Array(0);
}

/** What breaks off, or is not packed as it says, is told with its path. */
async function* readable(path: string, bytes: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of bytes) yield chunk as Uint8Array;
  } catch (error) {
    throw new LoadError("E_IMPORT", `${path} cannot be read to its end: ${(error as Error).message}`, {
      cause: error,
      hint: "Is the file whole? Was it still being written?",
    });
  }
}

function bytesOf(path: string, encoding: "gzip" | "zstd" | undefined): Readable {
  const file = createReadStream(path, { highWaterMark: DETECT_BYTES });
  if (encoding === undefined) return file;
  const unpack = encoding === "gzip" ? createGunzip({ chunkSize: DETECT_BYTES }) : createZstdDecompress({ chunkSize: DETECT_BYTES });
  file.on("error", (error) => unpack.destroy(error));
  return file.pipe(unpack);
}
