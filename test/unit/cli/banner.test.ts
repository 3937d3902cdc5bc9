import { expect, test } from "vitest";
import { type Endpoint, endpointKey, renderBanner } from "../../../collector/cli/banner.ts";
import { load } from "../config/load-text.ts";

const { config } = await load(`receivers: {otlp: {protocols: {http: }}, otlp/2: {protocols: {grpc: }}}
processors: {batch: }
exporters: {debug: , otlp_grpc: {endpoint: "a:1"}}
service:
  pipelines:
    traces: {receivers: [otlp, otlp/2], processors: [batch], exporters: [debug, otlp_grpc]}
    logs/app: {receivers: [otlp], exporters: [debug]}
`);
const banner = (endpoints: readonly Endpoint[]): string => renderBanner({ version: "1.2.3", sources: ["c.yaml", "site.yaml"], endpoints, config });

test("the ready line's keys are component, dot, protocol; only the component where it has one", () => {
  expect(endpointKey({ component: "otlp/2", protocol: "grpc", address: "" })).toBe("otlp/2.grpc");
  expect(endpointKey({ component: "prometheus", protocol: "", address: "" })).toBe("prometheus");
});

test("the banner says what listens, which signals go where, and how to point an SDK at it", () => {
  const text = banner([
    { component: "otlp", protocol: "http", address: "0.0.0.0:4318" },
    { component: "otlp/2", protocol: "grpc", address: "[::1]:4317" },
    { component: "telemetry", protocol: "metrics", address: "127.0.0.1:8888" },
  ]);
  expect(text).toBe(`Pitwall 1.2.3 is ready
  config      c.yaml
              site.yaml
  listens     otlp.http          0.0.0.0:4318
              otlp/2.grpc        [::1]:4317 (gRPC)
              telemetry.metrics  http://127.0.0.1:8888/metrics
  pipelines   traces    otlp, otlp/2 → batch → debug, otlp_grpc
              logs/app  otlp → debug
  send to it  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
              OTEL_EXPORTER_OTLP_ENDPOINT=http://[::1]:4317 OTEL_EXPORTER_OTLP_PROTOCOL=grpc
  stop        Ctrl-C (once drains, twice ends at once)
`);
});

test("nothing that listens is said, too", () => {
  expect(banner([])).toContain("  listens     nothing\n");
});
