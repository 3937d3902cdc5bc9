import { DEFAULT_GRPC_BUFFER_BYTES, type GrpcConfig, type HttpConfig } from "./otlp-config.ts";

/** What the user has set and nothing here acts on, in words for the log: keys that are taken so that otelcol's files run unchanged. */
export function idleKeys({ grpc, http }: { readonly grpc?: GrpcConfig | undefined; readonly http?: HttpConfig | undefined }): readonly string[] {
  const idle: string[] = [];
  if (grpc?.include_metadata || http?.include_metadata) {
    idle.push("include_metadata has no effect: no component of Pitwall reads what a request carried beside its telemetry");
  }
  if (grpc !== undefined && (grpc.read_buffer_size !== DEFAULT_GRPC_BUFFER_BYTES || grpc.write_buffer_size !== DEFAULT_GRPC_BUFFER_BYTES)) {
    idle.push("read_buffer_size and write_buffer_size have no effect: Node sizes its own buffers");
  }
  return idle;
}
