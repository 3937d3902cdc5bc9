import type { Batch } from "../../model/batch.ts";
import type { LoadItem, LoadRequest, LoadSample } from "../../model/load-record.ts";
import type { Resource } from "../../model/resource.ts";
import type { UnixNano } from "../../model/time.ts";
import type { FormatFacts } from "../generators/reader.ts";
import { batchOf, countItems } from "../otlp-batch.ts";
import { AttributeBuilder } from "./attribute-builder.ts";
import { textAt, textsAt, wordAt } from "./attribute-reading.ts";
import type { PointTimes } from "./point-times.ts";
import { isLogged, itemOfLog, logOf } from "./record-logs.ts";
import { requestOfSpan, spanOf } from "./request-span.ts";
import { metricsOf, samplesOfMetric } from "./sample-metrics.ts";
import type { SpanIds } from "./span-ids.ts";
import { holdsWitness, isWitnessScope } from "./witness-scope.ts";

/** Who saw it, and what his figures mean; the resource of all that he says. */
export interface WitnessIdentity {
  readonly hop: "client" | "proxy" | "host";
  /** `k6`, `nginx`, `host`: the `service.name`. */
  readonly name: string;
  /** Of files the format's name, as `k6-json`. */
  readonly format: string;
  /** `service.instance.id`; "" when unknown. */
  readonly instance: string;
  /** `loadtest.run.id`; "" when it does not say. */
  readonly runId: string;
  /** A `DurationMeaning`. */
  readonly durationMeans: string;
  /** A `Correction`. */
  readonly correction: string;
  readonly survivorsOnly: "yes" | "no" | "unknown";
  /** What it cannot show, one sentence each. */
  readonly limits: readonly string[];
}

export function identityOf(facts: FormatFacts, { instance, runId }: Pick<WitnessIdentity, "instance" | "runId">): WitnessIdentity {
  const { durationMeans, correction, survivorsOnly, limits } = facts;
  return { hop: facts.witness, name: facts.generator, format: facts.format, instance, runId, durationMeans, correction, survivorsOnly, limits };
}

export interface WitnessSurroundings {
  /** Now: stands in for the time of what has none. */
  readonly readUnixNano: UnixNano;
  /** Where requests without a trace get their ids from. */
  readonly ids: SpanIds;
  /** The same for all batches of one witness: keeps its delta points in a row. */
  readonly pointTimes?: PointTimes;
}

/**
 * What a witness said as telemetry: requests as spans (request-span.ts), samples as metrics (sample-metrics.ts), all else as log records
 * (record-logs.ts). At most one batch per signal, none for a signal that nothing was said in. `witnessItemsOf` is the inverse.
 */
export function witnessBatches(
  witness: WitnessIdentity,
  items: readonly LoadItem[],
  { readUnixNano, ids, pointTimes }: WitnessSurroundings,
): readonly Batch[] {
  const resource = resourceOf(witness);
  const frame = { resource, isProxy: witness.hop === "proxy", durationMeans: witness.durationMeans };
  const spans = items.filter(isRequest).map((request) => spanOf(request, frame, ids, readUnixNano));
  const metrics = metricsOf(items.filter(isSample), resource, readUnixNano, pointTimes);
  const logs = items.filter(isLogged).map((item) => logOf(item, resource, readUnixNano));
  const batches: Batch[] = [];
  if (spans.length > 0) batches.push(batchOf("traces", spans));
  if (countItems("metrics", metrics) > 0) batches.push(batchOf("metrics", metrics));
  if (logs.length > 0) batches.push(batchOf("logs", logs));
  return batches;
}

export interface WitnessItems {
  readonly witness: WitnessIdentity;
  readonly items: readonly LoadItem[];
}

/**
 * What witnesses said in this batch, by witness; undefined where none did, which is told without decoding it. Items of others in the same
 * batch (see `isWitnessScope`) are left out.
 *
 * It is what `witnessBatches` was given but for: passwords and signatures in URLs (`REDACTED`), text that is no Unicode (U+FFFD), deltas
 * of one second and tag set (added up), trends (see `trendValues`), samples that are no number, and the order between requests, samples
 * and the rest.
 */
export function witnessItemsOf(batch: Batch): readonly WitnessItems[] | undefined {
  if (!holdsWitness(batch)) return undefined;
  const found = new Map<Resource, { readonly witness: WitnessIdentity; readonly items: LoadItem[] }>();
  const at = (resource: Resource) => {
    let one = found.get(resource);
    if (one === undefined) {
      one = { witness: identityOfResource(resource), items: [] };
      found.set(resource, one);
    }
    return one;
  };
  switch (batch.signal) {
    case "traces":
      for (const span of batch.items) {
        if (!isWitnessScope(span.scope)) continue;
        const { witness, items } = at(span.resource);
        items.push(requestOfSpan(span, witness.durationMeans));
      }
      break;
    case "metrics":
      for (const metric of batch.items) {
        if (!isWitnessScope(metric.scope)) continue;
        const { items } = at(metric.resource);
        for (const sample of samplesOfMetric(metric)) items.push(sample);
      }
      break;
    case "logs":
      for (const record of batch.items) {
        const item = isWitnessScope(record.scope) ? itemOfLog(record) : undefined;
        if (item !== undefined) at(record.resource).items.push(item);
      }
  }
  return [...found.values()];
}

function isRequest(item: LoadItem): item is LoadRequest {
  return item.kind === "request";
}

function isSample(item: LoadItem): item is LoadSample {
  return item.kind === "sample";
}

function resourceOf(witness: WitnessIdentity): Resource {
  const attributes = new AttributeBuilder()
    .text("service.name", witness.name)
    .text("service.instance.id", witness.instance)
    .text("loadtest.run.id", witness.runId)
    .text("loadtest.witness.hop", witness.hop)
    .text("loadtest.witness.format", witness.format)
    .text("loadtest.witness.duration_means", witness.durationMeans)
    .text("loadtest.witness.correction", witness.correction)
    .text("loadtest.witness.survivors_only", witness.survivorsOnly)
    .texts("loadtest.witness.limits", witness.limits)
    .build();
  return { attributes, droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
}

function identityOfResource({ attributes }: Resource): WitnessIdentity {
  return {
    hop: wordAt(attributes, "loadtest.witness.hop", ["client", "proxy"], "host"),
    name: textAt(attributes, "service.name"),
    format: textAt(attributes, "loadtest.witness.format"),
    instance: textAt(attributes, "service.instance.id"),
    runId: textAt(attributes, "loadtest.run.id"),
    durationMeans: textAt(attributes, "loadtest.witness.duration_means"),
    correction: textAt(attributes, "loadtest.witness.correction"),
    survivorsOnly: wordAt(attributes, "loadtest.witness.survivors_only", ["yes", "no"], "unknown"),
    limits: textsAt(attributes, "loadtest.witness.limits"),
  };
}
