import type { ServerHttp2Stream } from "node:http2";
import { encodeGrpcFrame } from "../../wire/grpc-frame.ts";
import { Reader } from "../../wire/protobuf.ts";
import { GRPC } from "../../wire/status-codes.ts";
import { endCall } from "./grpc-answers.ts";

/*
 * grpc.health.v1 (grpc: src/proto/grpc/health/v1/health.proto)
 *   HealthCheckRequest   1 service  string
 *   HealthCheckResponse  1 status   enum: 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN
 */
const SERVING = Uint8Array.of(0x08, 1);
const NOT_SERVING = Uint8Array.of(0x08, 2);
const SERVICE_UNKNOWN = Uint8Array.of(0x08, 3);

/** The health service of one server: what is known is healthy until `stop`. */
export class GrpcHealth {
  readonly #services: ReadonlySet<string>;
  readonly #watchers = new Set<ServerHttp2Stream>();

  constructor(services: ReadonlySet<string>) {
    this.#services = services;
  }

  check(stream: ServerHttp2Stream, request: Uint8Array): void {
    const service = readService(request);
    if (this.#services.has(service)) endCall(stream, { message: SERVING });
    else endCall(stream, { status: { code: GRPC.notFound, message: `unknown service "${service}"` } });
  }

  /** Says the state now, and again when the server stops. */
  watch(stream: ServerHttp2Stream, request: Uint8Array): void {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.write(encodeGrpcFrame(this.#services.has(readService(request)) ? SERVING : SERVICE_UNKNOWN));
    this.#watchers.add(stream);
    stream.once("close", () => this.#watchers.delete(stream));
  }

  stop(): void {
    for (const stream of this.#watchers) stream.end(encodeGrpcFrame(NOT_SERVING));
  }
}

/** Throws: E_WIRE_* for bytes that are no HealthCheckRequest. */
function readService(request: Uint8Array): string {
  const reader = new Reader(request);
  let service = "";
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) service = reader.string();
    else reader.skip(tag & 7);
  }
  return service;
}
