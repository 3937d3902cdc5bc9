import { runs } from "../collector/connectors/runs/runs.ts";
import { spanmetrics } from "../collector/connectors/spanmetrics/spanmetrics.ts";
import { basicauth } from "../collector/extensions/basicauth/basicauth.ts";
import { bearertokenauth } from "../collector/extensions/bearertokenauth/bearertokenauth.ts";
import { healthCheck } from "../collector/extensions/health_check/health-check.ts";
import { attributes } from "../collector/processors/attributes/attributes.ts";
import { batch } from "../collector/processors/batch/batch.ts";
import { filter } from "../collector/processors/filter/filter.ts";
import { memoryLimiter } from "../collector/processors/memory_limiter/memory-limiter.ts";
import { resource } from "../collector/processors/resource/resource.ts";
import { host } from "../collector/receivers/host/host.ts";
import { k6 } from "../collector/receivers/k6/k6.ts";
import { nginx } from "../collector/receivers/nginx/nginx.ts";
import { otlp } from "../collector/receivers/otlp/otlp.ts";
import { alerts } from "../exporters/alerts/alerts.ts";
import { debug } from "../exporters/debug/debug.ts";
import { file } from "../exporters/file/file.ts";
import { grafanaAnnotations } from "../exporters/grafana_annotations/grafana-annotations.ts";
import { nop } from "../exporters/nop/nop.ts";
import { otlpGrpc } from "../exporters/otlp_grpc/otlp-grpc.ts";
import { otlpHttp } from "../exporters/otlp_http/otlp-http.ts";
import { prometheus } from "../exporters/prometheus/prometheus.ts";
import { prometheusRemoteWrite } from "../exporters/prometheusremotewrite/prometheusremotewrite.ts";
import { Catalogue } from "./catalogue.ts";

/** The one list of Pitwall's own components. */
export const registry = new Catalogue([
  otlp,
  host,
  k6,
  nginx,
  attributes,
  batch,
  filter,
  memoryLimiter,
  resource,
  alerts,
  debug,
  file,
  grafanaAnnotations,
  nop,
  otlpGrpc,
  otlpHttp,
  prometheus,
  prometheusRemoteWrite,
  runs,
  spanmetrics,
  basicauth,
  bearertokenauth,
  healthCheck,
]);
