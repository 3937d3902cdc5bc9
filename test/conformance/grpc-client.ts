import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type SecureClientSessionOptions } from "node:http2";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { decodeGrpc } from "./grpc-bytes.ts";

export interface GrpcReply {
  readonly httpStatus: number;
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders;
  /** Of `grpc-status`; undefined where the answer is no gRPC. */
  readonly code: number | undefined;
  /** `grpc-message`, percent-decoded. */
  readonly message: string;
  readonly bytes: Buffer;
  /** The messages of the answer. */
  readonly messages: readonly Buffer[];
}

export const TRACES_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
export const METRICS_EXPORT = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
export const LOGS_EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/** gRPC written by hand on node:http2's client, so that rules can be broken. */
export class GrpcClient implements AsyncDisposable {
  readonly session: ClientHttp2Session;

  constructor(port: number, options: SecureClientSessionOptions & { readonly secure?: boolean } = {}) {
    this.session = connect(`${options.secure ? "https" : "http"}://127.0.0.1:${port}`, options);
    this.session.on("error", () => {});
  }

  call(path: string, frames: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<GrpcReply> {
    return new Promise((resolve, reject) => {
      const stream = this.session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers });
      let received: IncomingHttpHeaders = {};
      const chunks: Buffer[] = [];
      stream.on("response", (head) => {
        received = { ...received, ...head };
      });
      stream.on("trailers", (trailers) => {
        received = { ...received, ...trailers };
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", reject);
      stream.on("close", () => {
        const bytes = Buffer.concat(chunks);
        const status = received["grpc-status"];
        resolve({
          httpStatus: Number(received[":status"] ?? 0),
          headers: received,
          code: status === undefined ? undefined : Number(status),
          message: decodeURIComponent(String(received["grpc-message"] ?? "")),
          bytes,
          messages: status === undefined ? [] : decodeGrpc(bytes),
        });
      });
      stream.end(frames);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.destroy();
  }
}

/** A unary call by grpc-js with raw bytes on both ends. */
export function grpcJsCall(
  address: string,
  path: string,
  body: Uint8Array,
  options: { readonly metadata?: Record<string, string>; readonly deadlineMs?: number } = {},
): Promise<Buffer> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
  const raw = (bytes: Buffer) => bytes;
  return new Promise<Buffer>((resolve, reject) => {
    const deadline = options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
    client.makeUnaryRequest(path, raw, raw, Buffer.from(body), metadata, deadline, (error, reply) =>
      error ? reject(error) : resolve(reply ?? Buffer.alloc(0)),
    );
  }).finally(() => client.close());
}
