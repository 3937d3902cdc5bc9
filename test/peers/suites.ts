import type { PeerName } from "./peers.ts";

/**
 * Which test files need which peers. Every file below `test/interop` and `test/browser` has a row (an empty one where npm alone brings all it needs);
 * the runner leaves out the files whose peers are missing and says so at its end, or with CI=true counts them as failures.
 */
export const SUITES: Readonly<Record<string, readonly PeerName[]>> = {
  "test/interop/js-sdk.test.ts": [],
  "test/interop/sdk-clients.test.ts": ["sdk-go", "sdk-python", "sdk-rust", "sdk-java"],
  "test/interop/k6.test.ts": ["k6"],
  "test/interop/works-list-k6.test.ts": ["k6", "nginx"],
  "test/interop/ws-load-k6.test.ts": ["k6"],
  "test/interop/k6-file.test.ts": ["k6"],
  "test/interop/compare-aa.test.ts": ["k6"],
  "test/interop/telemetrygen.test.ts": ["telemetrygen"],
  "test/interop/nginx.test.ts": ["nginx"],
  "test/interop/nginx-log.test.ts": ["nginx"],
  "test/interop/host-process.test.ts": [],
  "test/interop/otelcol.test.ts": ["otelcol"],
  "test/interop/otelcol-bin.test.ts": ["otelcol"],
  "test/interop/prometheus.test.ts": ["prometheus"],
  "test/interop/prometheus-demo.test.ts": ["prometheus"],
  "test/interop/exposition-promtool.test.ts": ["prometheus"],
  "test/interop/stack.test.ts": ["prometheus", "prometheus3", "alertmanager", "docker-compose"],
  "test/interop/dashboards.test.ts": ["prometheus"],
  "test/interop/dashboards-k6.test.ts": ["prometheus", "k6"],
  "test/interop/alert-rules.test.ts": ["prometheus", "prometheus3", "alertmanager"],
  "test/interop/alert-k6.test.ts": ["prometheus", "k6"],
  "test/interop/alert-permits.test.ts": ["prometheus", "alertmanager"],
  "test/interop/promql-differential.test.ts": ["prometheus"],
  "test/interop/promql-differential-3.test.ts": ["prometheus", "prometheus3"],
  "test/interop/remote-write-wire.test.ts": ["prometheus", "prometheus3", "victoria-metrics"],
  "test/interop/real-servers-scrape.test.ts": ["prometheus", "prometheus3"],
  "test/interop/real-servers-remote-write.test.ts": ["prometheus", "prometheus3", "victoria-metrics"],
  "test/interop/known-zero.test.ts": ["prometheus", "prometheus3", "victoria-metrics"],
  "test/interop/scrape-known-zero.test.ts": ["prometheus3"],
  "test/interop/run-end.test.ts": ["prometheus", "prometheus3", "victoria-metrics"],
  "test/interop/victoria-cluster.test.ts": ["victoria-metrics-cluster"],
  "test/interop/victoria-limits.test.ts": ["victoria-metrics"],
  "test/browser/report.test.ts": ["chromium"],
};
