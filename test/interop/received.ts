import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type CollectorProcess, FOLDER, otlpInto, readJsonLines, startCollector } from "./collector-process.ts";

/** What a collector received from one service, read from its `file` exporter (OTLP/JSON, one request a line). */
export interface Received {
  readonly spanNames: readonly string[];
  readonly logBodies: readonly string[];
  readonly points: readonly ReceivedPoint[];
  /** Resource attributes with string values, of the first resource seen. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface ReceivedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly type: "gauge" | "sum" | "histogram" | "exponentialHistogram" | "summary";
  readonly attributes: Readonly<Record<string, string>>;
  readonly timeUnixNano: string;
  /** Of gauges and sums. */
  readonly value?: number;
  /** Of histograms and summaries. */
  readonly count?: number;
}

const RECEIVED_FILE = "received.jsonl";

/** A collector that writes down all it receives, with other exporters of metrics beside it where wanted. */
export function startRecordingCollector(metricsExporters: Readonly<Record<string, unknown>> = {}): Promise<CollectorProcess> {
  return startCollector({ config: otlpInto({ file: { path: `${FOLDER}/${RECEIVED_FILE}` } }, metricsExporters) });
}

/** Polls until `enough` of what came from the service holds, and gives it all; after 15 s gives what there is, for the test's own assertions to judge. */
export async function receivedFrom(collector: CollectorProcess, serviceName: string, enough: (received: Received) => boolean): Promise<Received> {
  const deadline = AbortSignal.timeout(15_000);
  for (;;) {
    const received = readReceived(collector, serviceName);
    if (enough(received) || deadline.aborted) return received;
    await wait(50);
  }
}

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string | number; readonly boolValue?: boolean; readonly doubleValue?: number };
}
interface JsonPoint {
  readonly attributes?: readonly KeyValue[];
  readonly timeUnixNano?: string;
  readonly asInt?: string | number;
  readonly asDouble?: number;
  readonly count?: string | number;
}
type JsonMetric = { readonly name: string; readonly unit?: string } & {
  readonly [Type in ReceivedPoint["type"]]?: { readonly dataPoints?: readonly JsonPoint[] };
};
interface JsonResource {
  readonly resource?: { readonly attributes?: readonly KeyValue[] };
  readonly scopeSpans?: readonly { readonly spans?: readonly { readonly name: string }[] }[];
  readonly scopeMetrics?: readonly { readonly metrics?: readonly JsonMetric[] }[];
  readonly scopeLogs?: readonly { readonly logRecords?: readonly { readonly body?: { readonly stringValue?: string } }[] }[];
}
interface JsonRequest {
  readonly resourceSpans?: readonly JsonResource[];
  readonly resourceMetrics?: readonly JsonResource[];
  readonly resourceLogs?: readonly JsonResource[];
}

const POINT_TYPES: readonly ReceivedPoint["type"][] = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];

function readReceived(collector: CollectorProcess, serviceName: string): Received {
  const requests = readJsonLines(join(collector.folder, RECEIVED_FILE)) as readonly JsonRequest[];
  const resources = requests
    .flatMap((request) => [...(request.resourceSpans ?? []), ...(request.resourceMetrics ?? []), ...(request.resourceLogs ?? [])])
    .filter((resource) => texts(resource.resource?.attributes)["service.name"] === serviceName);
  return {
    spanNames: resources.flatMap((resource) => resource.scopeSpans ?? []).flatMap((scope) => (scope.spans ?? []).map((span) => span.name)),
    logBodies: resources
      .flatMap((resource) => resource.scopeLogs ?? [])
      .flatMap((scope) => (scope.logRecords ?? []).map((log) => log.body?.stringValue ?? "")),
    points: resources.flatMap((resource) => resource.scopeMetrics ?? []).flatMap((scope) => (scope.metrics ?? []).flatMap(pointsOf)),
    resource: texts(resources[0]?.resource?.attributes),
  };
}

function pointsOf(metric: JsonMetric): readonly ReceivedPoint[] {
  return POINT_TYPES.flatMap((type) =>
    (metric[type]?.dataPoints ?? []).map((point) => ({
      metric: metric.name,
      unit: metric.unit ?? "",
      type,
      attributes: texts(point.attributes),
      timeUnixNano: point.timeUnixNano ?? "0",
      ...(type === "gauge" || type === "sum" ? { value: Number(point.asDouble ?? point.asInt) } : { count: Number(point.count ?? 0) }),
    })),
  );
}

function texts(attributes: readonly KeyValue[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (attributes ?? []).map(({ key, value }) => [key, String(value.stringValue ?? value.intValue ?? value.boolValue ?? value.doubleValue)]),
  );
}
