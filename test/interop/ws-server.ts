import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** GUID of RFC 6455, section 1.3. */
const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CONTINUATION = 0;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** A WebSocket server (RFC 6455; texts, pings and closing) that gives texts back to their sender or to everybody, and counts what it sees. */
export class WsServer implements AsyncDisposable {
  accepted = 0;
  texts = 0;
  pings = 0;
  /** Most bytes that ever waited for one connection because its client did not read them. */
  mostQueuedBytes = 0;
  readonly headers: IncomingMessage["headers"][] = [];
  readonly #target: "echo" | "broadcast";
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(target: "echo" | "broadcast") {
    this.#target = target;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/ws`;
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** Listens; again on the same port after a stop. */
  async start(): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(426).end());
    server.on("upgrade", (request, socket) => this.#accept(request, socket as Socket));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Like a crash: all connections are reset, and new ones refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    if (server === undefined) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #accept(request: IncomingMessage, socket: Socket): void {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${HANDSHAKE_GUID}`).digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    this.accepted++;
    this.headers.push(request.headers);
    this.#sockets.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    // k6 cuts a message into frames of 4 KB.
    let begun: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let frame = decodeFrame(rest); frame !== undefined; frame = decodeFrame(rest)) {
        rest = rest.subarray(frame.size);
        const isPart = frame.opcode === TEXT || frame.opcode === CONTINUATION;
        if (isPart) begun = Buffer.concat([begun, frame.payload]);
        if (!isPart) this.#handle(socket, frame.opcode, frame.payload);
        else if (frame.isLast) {
          this.#handle(socket, TEXT, begun);
          begun = Buffer.alloc(0);
        }
      }
    });
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  #handle(socket: Socket, opcode: number, payload: Buffer): void {
    if (opcode === CLOSE) socket.end(encodeFrame(CLOSE, payload));
    else if (opcode === PING) {
      this.pings++;
      this.#send(socket, PONG, payload);
    } else if (opcode === TEXT) {
      this.texts++;
      for (const receiver of this.#target === "echo" ? [socket] : this.#sockets) this.#send(receiver, TEXT, payload);
    }
  }

  #send(socket: Socket, opcode: number, payload: Buffer): void {
    if (!socket.writable) return;
    socket.write(encodeFrame(opcode, payload));
    this.mostQueuedBytes = Math.max(this.mostQueuedBytes, socket.writableLength);
  }
}

function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length;
  const head = length < 126 ? Buffer.of(0x80 | opcode, length) : Buffer.of(0x80 | opcode, 126, length >> 8, length & 255);
  return Buffer.concat([head, payload]);
}

interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
  /** With its head. */
  readonly size: number;
}

/** Undefined: the frame is not there to its end yet. Frames of clients are masked, and longer ones than 65535 bytes do not come here. */
function decodeFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 6) return undefined;
  const short = bytes.readUInt8(1) & 127;
  if (short === 127) throw new Error("a frame of more than 65535 bytes");
  const maskAt = short === 126 ? 4 : 2;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const size = maskAt + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(bytes.subarray(maskAt + 4, size));
  for (let index = 0; index < length; index++) payload.writeUInt8(payload.readUInt8(index) ^ mask.readUInt8(index & 3), index);
  return { opcode: bytes.readUInt8(0) & 15, isLast: (bytes.readUInt8(0) & 0x80) !== 0, payload, size };
}
