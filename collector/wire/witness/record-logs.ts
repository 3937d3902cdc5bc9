import type { Attributes } from "../../model/attributes.ts";
import type { LoadAggregate, LoadItem, LoadNote, LoadRunFacts, LoadThreshold } from "../../model/load-record.ts";
import type { LogRecord } from "../../model/log-record.ts";
import type { Resource } from "../../model/resource.ts";
import type { UnixNano } from "../../model/time.ts";
import { addAggregate, readAggregate } from "./aggregate-attributes.ts";
import { AttributeBuilder } from "./attribute-builder.ts";
import { flagAt, numberAt, textAt, timeAt, unprefixed } from "./attribute-reading.ts";
import { redactUrl } from "./redact-url.ts";
import { TAG_PREFIX } from "./tags.ts";
import { WITNESS_SCOPE } from "./witness-scope.ts";

/*
 * What is neither a request nor a sample, as log records by their event name:
 *   loadtest.threshold  loadtest.threshold.{metric,expression,passed}
 *   loadtest.run        loadtest.run.{generator,version,start_unix_nano,end_unix_nano,duration_s,concurrency,target}, loadtest.tag.<key>
 *   loadtest.note       loadtest.note.{code,text}
 *   loadtest.aggregate  as aggregate-attributes.ts says
 */
export type LoggedItem = LoadThreshold | LoadRunFacts | LoadNote | LoadAggregate;

const SEVERITY_INFO = 9;
const SEVERITY_WARN = 13;

export function isLogged(item: LoadItem): item is LoggedItem {
  return item.kind !== "request" && item.kind !== "sample";
}

export function logOf(item: LoggedItem, resource: Resource, readUnixNano: UnixNano): LogRecord {
  const isWarning = item.kind === "threshold" && !item.passed;
  return {
    resource,
    scope: WITNESS_SCOPE,
    timeUnixNano: ("endUnixNano" in item ? item.endUnixNano : undefined) ?? readUnixNano,
    observedUnixNano: readUnixNano,
    severityNumber: isWarning ? SEVERITY_WARN : SEVERITY_INFO,
    severityText: isWarning ? "WARN" : "INFO",
    eventName: `loadtest.${item.kind}`,
    body: { kind: "string", value: sentenceOf(item) },
    attributes: attributesOf(item),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: "",
    spanId: "",
  };
}

function sentenceOf(item: LoggedItem): string {
  switch (item.kind) {
    case "threshold":
      return `${item.metric}: ${item.expression} ${item.passed ? "passed" : "failed"}`;
    case "run":
      return [item.generator, item.version, redactUrl(item.target)].filter((word) => word !== "").join(" ");
    case "note":
      return item.text;
    case "aggregate":
      return `${item.count ?? "some"} requests, summed up by the generator`;
  }
}

function attributesOf(item: LoggedItem): Attributes {
  const attributes = new AttributeBuilder();
  switch (item.kind) {
    case "threshold":
      attributes.text("loadtest.threshold.metric", item.metric).text("loadtest.threshold.expression", item.expression);
      return attributes.flag("loadtest.threshold.passed", item.passed).build();
    case "note":
      return attributes.text("loadtest.note.code", item.code).text("loadtest.note.text", item.text).build();
    case "aggregate":
      return addAggregate(attributes, item).build();
    case "run":
      return attributes
        .text("loadtest.run.generator", item.generator)
        .text("loadtest.run.version", item.version)
        .time("loadtest.run.start_unix_nano", item.startUnixNano)
        .time("loadtest.run.end_unix_nano", item.endUnixNano)
        .number("loadtest.run.duration_s", item.durationSeconds)
        .number("loadtest.run.concurrency", item.concurrency)
        .text("loadtest.run.target", redactUrl(item.target))
        .prefixed(TAG_PREFIX, item.tags)
        .build();
  }
}

/** What `logOf` made the record of; undefined for a record that it did not make. */
export function itemOfLog({ eventName, attributes }: LogRecord): LoggedItem | undefined {
  switch (eventName) {
    case "loadtest.threshold":
      return {
        kind: "threshold",
        metric: textAt(attributes, "loadtest.threshold.metric"),
        expression: textAt(attributes, "loadtest.threshold.expression"),
        passed: flagAt(attributes, "loadtest.threshold.passed") === true,
      };
    case "loadtest.note":
      return { kind: "note", code: textAt(attributes, "loadtest.note.code"), text: textAt(attributes, "loadtest.note.text") };
    case "loadtest.aggregate":
      return readAggregate(attributes);
    case "loadtest.run":
      return {
        kind: "run",
        generator: textAt(attributes, "loadtest.run.generator"),
        version: textAt(attributes, "loadtest.run.version"),
        startUnixNano: timeAt(attributes, "loadtest.run.start_unix_nano"),
        endUnixNano: timeAt(attributes, "loadtest.run.end_unix_nano"),
        durationSeconds: numberAt(attributes, "loadtest.run.duration_s"),
        concurrency: numberAt(attributes, "loadtest.run.concurrency"),
        target: textAt(attributes, "loadtest.run.target"),
        tags: unprefixed(attributes, TAG_PREFIX),
      };
    default:
      return undefined;
  }
}
