import { connect, type Socket } from "node:net";

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A client that writes the bytes it is told to and reads HTTP/1.1 answers by Content-Length: no HTTP library in between. */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  constructor(target: number | string) {
    this.#socket = typeof target === "number" ? connect(target, "127.0.0.1") : connect(target);
    this.#socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    this.#socket.on("end", end);
    this.#socket.on("close", end);
    this.#socket.on("error", end);
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** The next answer; fails when the server closes before it is complete. */
  async reply(): Promise<RawReply> {
    const head = await this.#until((bytes) => bytes.indexOf("\r\n\r\n") + 1 || undefined);
    const headEnd = head - 1;
    const [statusLine = "", ...lines] = this.#received.toString("latin1", 0, headEnd).split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const bodyAt = headEnd + 4;
    const length = Number(headers["content-length"] ?? 0);
    await this.#until((bytes) => (bytes.length >= bodyAt + length ? 1 : undefined));
    const body = this.#received.subarray(bodyAt, bodyAt + length);
    this.#received = this.#received.subarray(bodyAt + length);
    return { status: Number(statusLine.split(" ")[1]), headers, body };
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#ended) await this.#next();
  }

  /** All bytes that have come and were not taken by `reply`. */
  get rest(): Buffer {
    return this.#received;
  }

  async #until(found: (bytes: Buffer) => number | undefined): Promise<number> {
    for (;;) {
      const result = found(this.#received);
      if (result !== undefined) return result;
      if (this.#ended) throw new Error(`connection closed after ${JSON.stringify(this.#received.toString("latin1"))}`);
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}

/** The head of a request, ready to be followed by a body. */
export function head(method: string, path: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ host: "receiver", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
