import { LoadError } from "../model/errors.ts";

/** Compressed flag and 4 bytes of length, big-endian (grpc: doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
export const GRPC_PREFIX_BYTES = 5;

export interface GrpcFrame {
  readonly compressed: boolean;
  readonly message: Uint8Array;
}

/** One message with its prefix. */
export function encodeGrpcFrame(message: Uint8Array, compressed = false): Uint8Array {
  const frame = new Uint8Array(GRPC_PREFIX_BYTES + message.length);
  frame[0] = compressed ? 1 : 0;
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, GRPC_PREFIX_BYTES);
  return frame;
}

/**
 * Puts the messages of one stream together from the chunks in which they arrive; feed `push`, take with `next`.
 *
 * A message that lies whole in one chunk is a view into it, not a copy: it stays valid as long as the chunk's memory does.
 * Throws: E_WIRE_TOO_LARGE as soon as the prefix announces more than `maxMessageBytes` (nothing is gathered then),
 * E_WIRE_MALFORMED for a flag other than 0 and 1, E_WIRE_TRUNCATED from `end`.
 */
export class GrpcFrames {
  readonly #maxMessageBytes: number;
  #chunks: Uint8Array[] = [];
  #available = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#available += chunk.length;
  }

  /** The next whole message; undefined until more has arrived. */
  next(): GrpcFrame | undefined {
    if (this.#available < GRPC_PREFIX_BYTES) return undefined;
    const prefix = this.#peekPrefix();
    const flag = prefix[0] as number;
    if (flag > 1) throw new LoadError("E_WIRE_MALFORMED", `Malformed gRPC frame: compressed flag ${flag}, wanted 0 or 1.`);
    const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(1);
    if (length > this.#maxMessageBytes) {
      throw new LoadError("E_WIRE_TOO_LARGE", `A gRPC message of ${length} bytes is larger than the limit of ${this.#maxMessageBytes} bytes.`);
    }
    if (this.#available < GRPC_PREFIX_BYTES + length) return undefined;
    return { compressed: flag === 1, message: this.#take(GRPC_PREFIX_BYTES + length).subarray(GRPC_PREFIX_BYTES) };
  }

  /** To be called when the stream has ended: throws if it ended inside a message. */
  end(): void {
    if (this.#available > 0) {
      throw new LoadError("E_WIRE_TRUNCATED", `Truncated gRPC frame: the stream ended with ${this.#available} bytes of an unfinished message.`);
    }
  }

  #peekPrefix(): Uint8Array {
    const first = this.#chunks[0] as Uint8Array;
    if (first.length >= GRPC_PREFIX_BYTES) return first;
    const joined = this.#take(GRPC_PREFIX_BYTES);
    this.#chunks.unshift(joined);
    this.#available += joined.length;
    return joined;
  }

  /** A view where the bytes lie in the first chunk, else a copy. */
  #take(size: number): Uint8Array {
    const first = this.#chunks[0] as Uint8Array;
    this.#available -= size;
    if (first.length >= size) {
      if (first.length === size) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(size);
      return first.subarray(0, size);
    }
    const joined = new Uint8Array(size);
    let at = 0;
    let used = 0;
    while (at < size) {
      const chunk = this.#chunks[used] as Uint8Array;
      const part = chunk.subarray(0, size - at);
      joined.set(part, at);
      at += part.length;
      if (part.length < chunk.length) {
        this.#chunks[used] = chunk.subarray(part.length);
        break;
      }
      used++;
    }
    this.#chunks.splice(0, used);
    return joined;
  }
}

/** Units of `grpc-timeout` in ms. */
const TIMEOUT_UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** A `grpc-timeout` header in ms ("100m" → 100); undefined when it is not one (grpc: doc/PROTOCOL-HTTP2.md). */
export function parseGrpcTimeoutMs(header: string): number | undefined {
  const found = /^(\d{1,8})([HMSmun])$/.exec(header);
  return found === null ? undefined : Number(found[1]) * (TIMEOUT_UNITS_MS[found[2] as string] as number);
}

/** The text for a `grpc-message` trailer: UTF-8, percent-encoded outside printable ASCII. */
export function encodeGrpcMessage(text: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(text)) {
    encoded += byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Never fails: what is no percent-encoding stays as it is, as the protocol demands. */
export function decodeGrpcMessage(header: string): string {
  const bytes = new Uint8Array(header.length);
  let length = 0;
  for (let at = 0; at < header.length; at++) {
    const hex = header[at] === "%" ? /^%([0-9a-fA-F]{2})$/.exec(header.slice(at, at + 3)) : null;
    bytes[length++] = hex === null ? header.charCodeAt(at) : Number.parseInt(hex[1] as string, 16);
    if (hex !== null) at += 2;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** For headers whose name ends in "-bin": base64 without padding. */
export function encodeBinHeader(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64").replace(/=+$/, "");
}

/** With or without padding; characters that are not base64 are passed over. */
export function decodeBinHeader(header: string): Uint8Array {
  return new Uint8Array(Buffer.from(header, "base64"));
}
