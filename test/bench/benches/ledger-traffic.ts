import { Attributes } from "../../../collector/model/attributes.ts";
import type { Batch, Signal } from "../../../collector/model/batch.ts";
import { BLANK_REQUEST, type LoadRequest } from "../../../collector/model/load-record.ts";
import type { Metric } from "../../../collector/model/metric.ts";
import type { Resource, Scope } from "../../../collector/model/resource.ts";
import type { Span } from "../../../collector/model/span.ts";
import { unixNanoFromMs } from "../../../collector/model/time.ts";
import { type Random, seededRandom } from "../../../collector/stats/seeded-random.ts";
import { batchOf, encodedBatch } from "../../../collector/wire/otlp-batch.ts";
import { SpanIds } from "../../../collector/wire/witness/span-ids.ts";
import { type WitnessIdentity, witnessBatches } from "../../../collector/wire/witness/witness-batches.ts";

const GAUGES = 60;
/** What a receiver hands over at once. */
const REQUESTS_PER_BATCH = 100;
const ROUTES = ["/api/works", "/api/works/{id}"] as const;
const SCOPE: Scope = { name: "http", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };
const BARE_SPAN = {
  scope: SCOPE,
  traceState: "",
  flags: 1,
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  links: [],
  droppedLinksCount: 0,
  statusCode: 0,
  statusMessage: "",
} as const;
const SERVER = 2;
const CLIENT = 3;

/** What arrives in a second of a load that is seen by k6, nginx, the application's spans and its store calls, and by 60 gauges of the application. */
export class Traffic {
  readonly #random: Random = seededRandom(77);
  readonly #ids = new SpanIds("traffic");
  readonly #runId: string;
  readonly #requestsPerSecond: number;
  readonly #application: Resource;

  constructor(runId: string, requestsPerSecond: number) {
    this.#runId = runId;
    this.#requestsPerSecond = requestsPerSecond;
    this.#application = {
      attributes: Attributes.from({ "service.name": "works-api", "service.instance.id": "10.0.0.7:8080", "loadtest.run.id": runId }),
      droppedAttributesCount: 0,
      entityRefs: [],
      schemaUrl: "",
    };
  }

  /** Requests that end within the second; those of the application as bytes, as they come. */
  batchesOf(secondUnixMs: number): readonly Batch[] {
    const requests = Array.from({ length: this.#requestsPerSecond }, () => this.#request(secondUnixMs));
    const readUnixNano = unixNanoFromMs(secondUnixMs + 1000);
    const batches: Batch[] = [received("metrics", batchOf("metrics", this.#gauges(secondUnixMs)))];
    for (let from = 0; from < requests.length; from += REQUESTS_PER_BATCH) {
      const part = requests.slice(from, from + REQUESTS_PER_BATCH);
      batches.push(
        ...witnessBatches(
          this.#witness("client"),
          part.map(({ client }) => client),
          { readUnixNano, ids: this.#ids },
        ),
        ...witnessBatches(
          this.#witness("proxy"),
          part.map(({ proxy }) => proxy),
          { readUnixNano, ids: this.#ids },
        ),
        received(
          "traces",
          batchOf(
            "traces",
            part.flatMap(({ spans }) => spans),
          ),
        ),
      );
    }
    return batches;
  }

  #witness(hop: "client" | "proxy"): WitnessIdentity {
    const isClient = hop === "client";
    return {
      hop,
      name: isClient ? "k6" : "nginx",
      format: isClient ? "k6-json" : "nginx-timing",
      instance: "",
      runId: this.#runId,
      durationMeans: isClient ? "send_to_last_byte" : "first_byte_in_to_last_byte_out",
      correction: isClient ? "raw" : "not_needed",
      survivorsOnly: "no",
      limits: [],
    };
  }

  #request(secondUnixMs: number): { readonly client: LoadRequest; readonly proxy: LoadRequest; readonly spans: readonly Span[] } {
    const { next } = this.#random;
    const { traceId, spanId } = this.#ids.next();
    const route = next() < 0.5 ? ROUTES[0] : ROUTES[1];
    const path = route === ROUTES[0] ? route : `/api/works/${Math.floor(next() * 5000)}`;
    const appMs = 5 + 40 * next() * next() + (next() < 0.05 ? 800 : 0);
    const endMs = secondUnixMs + next() * 1000;
    const isRefused = next() < 0.06;
    const status = isRefused ? 429 : 200;
    const fate = { outcome: isRefused ? "http_error" : "ok", errorKind: isRefused ? "http_429" : undefined, status } as const;
    const shared = { ...BLANK_REQUEST, ...fate, traceId, requestBytes: 120, responseBytes: 18_231, stampStepMs: 0.001, stamped: "end" as const };
    const [clientMs, proxyMs] = [appMs + 2, appMs + 1];
    const client: LoadRequest = {
      ...shared,
      endpoint: { method: "GET", name: route === ROUTES[0] ? "works_list" : "work", url: "", source: "name" },
      startUnixNano: unixNanoFromMs(endMs - clientMs),
      endUnixNano: unixNanoFromMs(endMs),
      durationMs: clientMs,
      durationMeans: "send_to_last_byte",
      phases: { blocked: 0.1, connect: 0, tls: 0, send: 0.05, wait: clientMs - 0.35, recv: 0.3 },
      scenario: "spike",
    };
    const address = "10.0.0.7:8080";
    const proxy: LoadRequest = {
      ...shared,
      endpoint: { method: "GET", name: path, url: "", source: "path" },
      startUnixNano: unixNanoFromMs(endMs - 0.5 - proxyMs),
      endUnixNano: unixNanoFromMs(endMs - 0.5),
      durationMs: proxyMs,
      durationMeans: "first_byte_in_to_last_byte_out",
      proxy: {
        tries: [{ address, status, connectMs: 0, headerMs: appMs + 0.5, responseMs: appMs + 0.7, redirect: 0 }],
        complete: true,
        askedUpstream: true,
        connection: undefined,
      },
    };
    return { client, proxy, spans: this.#spans(traceId, spanId, route, status, endMs - 1 - appMs, appMs) };
  }

  #spans(traceId: string, parentSpanId: string, route: string, status: number, startMs: number, ms: number): readonly Span[] {
    const resource = this.#application;
    const server: Span = {
      ...BARE_SPAN,
      resource,
      traceId,
      parentSpanId,
      spanId: this.#ids.next().spanId,
      name: `GET ${route}`,
      kind: SERVER,
      startUnixNano: unixNanoFromMs(startMs),
      endUnixNano: unixNanoFromMs(startMs + ms),
      attributes: Attributes.from({
        "http.request.method": "GET",
        "http.route": route,
        "http.response.status_code": status,
        "url.path": route,
        "server.address": "works.example",
      }),
    };
    const store: Span = {
      ...BARE_SPAN,
      resource,
      traceId,
      parentSpanId: server.spanId,
      spanId: this.#ids.next().spanId,
      name: "SELECT works",
      kind: CLIENT,
      startUnixNano: unixNanoFromMs(startMs + ms * 0.1),
      endUnixNano: unixNanoFromMs(startMs + ms * 0.7),
      attributes: Attributes.from({ "db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "works" }),
    };
    return [server, store];
  }

  #gauges(secondUnixMs: number): readonly Metric[] {
    return Array.from({ length: GAUGES }, (_, index): Metric => {
      const point = {
        attributes: Attributes.from({ pool: `pool-${index % 4}` }),
        startUnixNano: 0n,
        timeUnixNano: unixNanoFromMs(secondUnixMs + 500),
        flags: 0,
        number: { kind: "double", value: this.#random.next() * 10 ** (index % 9) },
        exemplars: [],
      } as const;
      return {
        resource: this.#application,
        scope: SCOPE,
        name: `works.value.${index}`,
        description: "",
        unit: "By",
        metadata: Attributes.EMPTY,
        data: { type: "gauge", points: [point] },
      };
    });
  }
}

/** As it comes from the network: not decoded yet. */
function received(signal: Signal, batch: Batch): Batch {
  return encodedBatch(signal, batch.encoded, batch.count, { owned: true });
}
