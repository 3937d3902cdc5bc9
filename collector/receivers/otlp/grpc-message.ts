import type { ServerHttp2Stream } from "node:http2";
import { GRPC_PREFIX_BYTES } from "../../wire/grpc-frame.ts";
import { GRPC } from "../../wire/status-codes.ts";
import { type Body, BodyAborted, BodyCollector } from "./body.ts";
import type { Lease, NoRoom } from "./in-flight.ts";

/** The one message of a unary call; the bytes are lent until `release`. */
export interface GrpcRequest {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
  release(): void;
}

/** The stream broke the rules of a unary call; `code` is what gRPC answers then. */
export class GrpcCallError extends Error {
  override readonly name = "GrpcCallError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads the request message of a unary call. Its announced size is judged as soon as the five bytes of its prefix are there.
 *
 * Throws: GrpcCallError: RESOURCE_EXHAUSTED above `limitBytes`; UNIMPLEMENTED for none or more than one message (grpc: doc/statuscodes.md,
 * "request cardinality violation"); INVALID_ARGUMENT for a frame that breaks off. BodyAborted when the client gives the call up; NoRoom.
 */
export function readUnary(stream: ServerHttp2Stream, limitBytes: number, lease: Lease): Promise<GrpcRequest> {
  return new Promise((resolve, reject) => {
    let collector: BodyCollector | undefined;
    let settled = false;
    const fail = (error: Error) => {
      if (settled) return;
      settled = true;
      collector?.discard();
      reject(error);
    };
    let prefix: Buffer | undefined;
    const take = (chunk: Buffer) => {
      lease.hold(chunk.length);
      if (collector === undefined) {
        prefix = prefix === undefined ? chunk : Buffer.concat([prefix, chunk]);
        if (prefix.length < GRPC_PREFIX_BYTES) return;
        const announced = prefix.readUInt32BE(1);
        if (announced > limitBytes) {
          fail(
            new GrpcCallError(
              GRPC.resourceExhausted,
              `message of ${announced} bytes is larger than the limit of ${limitBytes} bytes (max_recv_msg_size_mib)`,
            ),
          );
          return;
        }
        const refusal = lease.refusal(announced);
        if (refusal !== undefined) throw refusal;
        collector = new BodyCollector(lease.pool, GRPC_PREFIX_BYTES + announced, GRPC_PREFIX_BYTES + announced);
        chunk = prefix;
      }
      if (!collector.add(chunk)) fail(new GrpcCallError(GRPC.unimplemented, "more than one request message on a unary call"));
    };
    stream.on("data", (chunk: Buffer) => {
      if (settled) return;
      try {
        take(chunk);
      } catch (error) {
        fail(error as NoRoom);
      }
    });
    stream.on("end", () => {
      if (settled) return;
      settled = true;
      if (collector === undefined) {
        const isEmpty = prefix === undefined;
        reject(isEmpty ? new GrpcCallError(GRPC.unimplemented, "no request message on a unary call") : truncated());
        return;
      }
      unwrap(collector.finish(), resolve, reject);
    });
    // Every stream closes in the end: no error (and no stack trace) is made for those that were read.
    const abort = () => {
      if (!settled) fail(new BodyAborted("the call was given up before its message was complete"));
    };
    stream.on("aborted", abort);
    stream.on("close", abort);
  });
}

function unwrap(body: Body, resolve: (request: GrpcRequest) => void, reject: (error: Error) => void): void {
  const { bytes } = body;
  const flag = bytes[0] as number;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes.length < GRPC_PREFIX_BYTES + length) {
    body.release();
    reject(truncated());
  } else if (flag > 1) {
    body.release();
    reject(new GrpcCallError(GRPC.invalidArgument, `malformed gRPC frame: compressed flag ${flag}, wanted 0 or 1`));
  } else {
    resolve({ compressed: flag === 1, bytes: bytes.subarray(GRPC_PREFIX_BYTES), release: body.release });
  }
}

function truncated(): GrpcCallError {
  return new GrpcCallError(GRPC.invalidArgument, "truncated gRPC frame: the stream ended inside a message");
}
