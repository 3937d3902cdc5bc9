import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Batch, LogsBatch, MetricsBatch, TracesBatch } from "../../../../collector/model/batch.ts";
import type { LogRecord } from "../../../../collector/model/log-record.ts";
import type { Metric } from "../../../../collector/model/metric.ts";
import type { Resource, Scope } from "../../../../collector/model/resource.ts";
import type { Span } from "../../../../collector/model/span.ts";
import { batchOf, encodedBatch } from "../../../../collector/wire/otlp-batch.ts";

export const RESOURCE: Resource = {
  attributes: Attributes.from({ "service.name": "api-server" }),
  droppedAttributesCount: 0,
  entityRefs: [],
  schemaUrl: "",
};
export const SCOPE: Scope = { name: "test", version: "1", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };

/** 2026-11-21 10:22:32 UTC. */
export const TIME = 1_795_256_552_000_000_000n;

export function span(name: string, attributes: Attributes = Attributes.EMPTY): Span {
  return {
    resource: RESOURCE,
    scope: SCOPE,
    traceId: "5b8efff798038103d269b633813fc60c",
    spanId: "eee19b7ec3c1b174",
    parentSpanId: "",
    traceState: "",
    flags: 0,
    name,
    kind: 2,
    startUnixNano: TIME,
    endUnixNano: TIME + 5_000_000n,
    attributes,
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: "",
  };
}

/** A gauge with a point for each set of attributes. */
export function gauge(name: string, ...points: readonly Attributes[]): Metric {
  return {
    resource: RESOURCE,
    scope: SCOPE,
    name,
    description: "",
    unit: "1",
    metadata: Attributes.EMPTY,
    data: {
      type: "gauge",
      points: points.map((attributes, index) => ({
        attributes,
        startUnixNano: 0n,
        timeUnixNano: TIME,
        flags: 0,
        number: { kind: "int", value: index },
        exemplars: [],
      })),
    },
  };
}

export function logRecord(body: string, attributes: Attributes = Attributes.EMPTY): LogRecord {
  return {
    resource: RESOURCE,
    scope: SCOPE,
    timeUnixNano: TIME,
    observedUnixNano: TIME,
    severityNumber: 9,
    severityText: "INFO",
    eventName: "",
    body: { kind: "string", value: body },
    attributes,
    droppedAttributesCount: 0,
    flags: 0,
    traceId: "",
    spanId: "",
  };
}

export const spans = (...names: readonly string[]): TracesBatch =>
  batchOf(
    "traces",
    names.map((name) => span(name)),
  );
export const metrics = (...items: readonly Metric[]): MetricsBatch => batchOf("metrics", items);
export const logs = (...bodies: readonly string[]): LogsBatch =>
  batchOf(
    "logs",
    bodies.map((body) => logRecord(body)),
  );

/** As a receiver would hand it on: bytes in pieces, nothing decoded. */
export function asReceived(...batches: readonly Batch[]): Batch {
  const [first] = batches;
  if (first === undefined) throw new Error("no batch");
  const pieces = batches.flatMap(({ encoded }) => encoded);
  return encodedBatch(
    first.signal,
    pieces,
    batches.reduce((sum, { count }) => sum + count, 0),
  );
}

export function spanNames(batch: Batch): readonly string[] {
  return batch.signal === "traces" ? batch.items.map(({ name }) => name) : [];
}
