import type { Signal } from "../../model/batch.ts";

/** Where a `:path` leads. */
export type GrpcMethod = { readonly kind: "export"; readonly signal: Signal } | { readonly kind: "health"; readonly watch: boolean };

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
  logs: "opentelemetry.proto.collector.logs.v1.LogsService",
};

/** opentelemetry-proto: opentelemetry/proto/collector; grpc: src/proto/grpc/health/v1/health.proto. */
const METHODS: ReadonlyMap<string, GrpcMethod> = new Map<string, GrpcMethod>([
  [`/${SERVICES.traces}/Export`, { kind: "export", signal: "traces" }],
  [`/${SERVICES.metrics}/Export`, { kind: "export", signal: "metrics" }],
  [`/${SERVICES.logs}/Export`, { kind: "export", signal: "logs" }],
  ["/grpc.health.v1.Health/Check", { kind: "health", watch: false }],
  ["/grpc.health.v1.Health/Watch", { kind: "health", watch: true }],
]);

export function findMethod(path: string): GrpcMethod | undefined {
  return METHODS.get(path);
}

/** The services that a health check may name; "" is the server as a whole. */
export function healthServices(signals: ReadonlySet<Signal>): ReadonlySet<string> {
  return new Set(["", ...[...signals].map((signal) => SERVICES[signal])]);
}
