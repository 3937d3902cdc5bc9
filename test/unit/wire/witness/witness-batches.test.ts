import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Batch } from "../../../../collector/model/batch.ts";
import { BLANK_REQUEST, type LoadItem, type LoadRequest, type LoadSample } from "../../../../collector/model/load-record.ts";
import type { Metric } from "../../../../collector/model/metric.ts";
import type { Span } from "../../../../collector/model/span.ts";
import { k6Json } from "../../../../collector/wire/generators/k6-json.ts";
import { nginxTiming } from "../../../../collector/wire/generators/nginx-log.ts";
import { batchOf, encodedBatch } from "../../../../collector/wire/otlp-batch.ts";
import { PointTimes } from "../../../../collector/wire/witness/point-times.ts";
import { SpanIds } from "../../../../collector/wire/witness/span-ids.ts";
import { identityOf, type WitnessIdentity, witnessBatches, witnessItemsOf } from "../../../../collector/wire/witness/witness-batches.ts";
import { logs, span, spans } from "../../pipeline/river.ts";
import { readFixture } from "../generators/read-fixture.ts";
import { aggregate, facts, identity, note, request, sample, threshold } from "./load-items.ts";

const K6: WitnessIdentity = identityOf(k6Json.facts, { instance: "box", runId: "run-1" });
const NGINX: WitnessIdentity = identityOf(nginxTiming.facts, { instance: "edge", runId: "" });
const READ_UNIX_NANO = 1_800_000_000_000_000_000n;

const toBatches = (witness: WitnessIdentity, items: readonly LoadItem[], seed = "seed"): readonly Batch[] =>
  witnessBatches(witness, items, { readUnixNano: READ_UNIX_NANO, ids: new SpanIds(seed) });
/** As another process gets it. */
const throughBytes = (batch: Batch): Batch => encodedBatch(batch.signal, batch.encoded, batch.count);
const back = (batches: readonly Batch[]): readonly LoadItem[] =>
  batches.flatMap((batch) => (witnessItemsOf(batch) ?? []).flatMap(({ items }) => items));
const spansOf = (batches: readonly Batch[]): readonly Span[] => batches.flatMap((batch) => (batch.signal === "traces" ? batch.items : []));
const metricsOf = (batches: readonly Batch[]): readonly Metric[] => batches.flatMap((batch) => (batch.signal === "metrics" ? batch.items : []));
const only = (one: Partial<LoadRequest>, witness = K6): Span => spansOf(toBatches(witness, [{ ...BLANK_REQUEST, ...one }]))[0] as Span;

describe("requests", () => {
  test("come back as they were, from items and from bytes", () => {
    fc.assert(
      fc.property(identity, fc.array(request, { minLength: 1, maxLength: 4 }), (witness, requests) => {
        const batches = toBatches(witness, requests);
        expect(back(batches)).toEqual(requests);
        expect(back(batches.map(throughBytes))).toEqual(requests);
        for (const batch of batches) expect(witnessItemsOf(throughBytes(batch))?.[0]?.witness).toEqual(witness);
      }),
    );
  });

  test("of a client are CLIENT spans with semantic attributes", () => {
    const one = only({
      endpoint: { method: "GET", name: "works", url: "http://shop.test/works?id=1", source: "name" },
      startUnixNano: 1_000_000_000n,
      endUnixNano: 1_020_000_000n,
      outcome: "http_error",
      errorKind: "http_5xx",
      errorText: "server error",
      status: 503,
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    });
    expect(one).toMatchObject({
      name: "GET works",
      kind: 3,
      statusCode: 2,
      statusMessage: "server error",
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    });
    expect([one.startUnixNano, one.endUnixNano]).toEqual([1_000_000_000n, 1_020_000_000n]);
    expect(Object.fromEntries([...one.attributes].map(([key, any]) => [key, any.value]))).toMatchObject({
      "http.request.method": "GET",
      "url.full": "http://shop.test/works?id=1",
      "http.response.status_code": 503,
      "error.type": "http_5xx",
    });
    expect(one.resource.attributes.getString("service.name")).toBe("k6");
    expect(one.resource.attributes.getString("loadtest.run.id")).toBe("run-1");
  });

  test("of a proxy are SERVER spans below their caller's", () => {
    const one = only({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentSpanId: "00f067aa0ba902b7", outcome: "ok" }, NGINX);
    expect(one).toMatchObject({ kind: 2, traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentSpanId: "00f067aa0ba902b7", statusCode: 0 });
  });

  test("that a proxy answered with 4xx are no errors of the proxy, those cut off are", () => {
    expect(only({ outcome: "http_error", errorKind: "http_4xx" }, NGINX).statusCode).toBe(0);
    expect(only({ outcome: "http_error", errorKind: "http_4xx" }, K6).statusCode).toBe(2);
    expect(only({ outcome: "cut", errorKind: "aborted" }, NGINX).statusCode).toBe(2);
  });

  test("without a usable trace get ids of their own, all different, and say so", () => {
    const requests = ["", "", "0".repeat(32), "no id"].map((traceId) => ({ ...BLANK_REQUEST, traceId, parentSpanId: "00f067aa0ba902b7" }));
    const made = spansOf(toBatches(K6, requests));
    expect(new Set(made.map(({ traceId }) => traceId)).size).toBe(4);
    expect(new Set(made.map(({ spanId }) => spanId)).size).toBe(4);
    for (const { traceId, spanId, parentSpanId } of made) {
      expect([/^[0-9a-f]{32}$/.test(traceId), /^[0-9a-f]{16}$/.test(spanId), parentSpanId]).toEqual([true, true, ""]);
    }
    expect(spansOf(toBatches(K6, requests, "another"))[0]?.traceId).not.toBe(made[0]?.traceId);
  });

  test("without any time stand at the time of reading", () => {
    expect(only({ durationMs: 5 })).toMatchObject({ startUnixNano: READ_UNIX_NANO - 5_000_000n, endUnixNano: READ_UNIX_NANO });
  });

  test("show no passwords or signatures of their URLs", () => {
    const url = "https://ada:secret@shop.test/works?sig=abc&id=1";
    const one = only({ endpoint: { method: "GET", name: url, url: "", source: "url" } });
    expect(JSON.stringify([...one.attributes])).not.toMatch(/ada|secret|abc/);
    expect(one.attributes.getString("url.full")).toBe("https://REDACTED:REDACTED@shop.test/works?sig=REDACTED&id=1");
    expect(one.name).toBe("GET /works");
    const inPath = only({ endpoint: { method: "GET", name: "/works", url: "/works?sig=abc", source: "path" } }, NGINX);
    expect(inPath.attributes.getString("url.query")).toBe("sig=REDACTED");
  });

  test.each([
    ["k6/mixed.ndjson.gz", k6Json, K6],
    ["nginx/k6-mixed-timing.log", nginxTiming, NGINX],
    ["nginx/classes-timing.log", nginxTiming, NGINX],
  ] as const)("of the recorded file %s all come back through the bytes", (path, format, witness) => {
    const { requests } = readFixture(format, path);
    expect(requests.length).toBeGreaterThan(5);
    expect(back(toBatches(witness, requests).map(throughBytes))).toEqual(requests);
  });
});

describe("samples", () => {
  const keyOf = ({ name, type, unit, tags, timeUnixNano }: LoadSample): string =>
    [name, type, unit, tags.canonicalKey, timeUnixNano === undefined ? "" : timeUnixNano / 1_000_000_000n].join(" ");
  const of = (items: readonly LoadItem[]) => items.filter((item) => item.kind === "sample");

  function summed(samples: readonly LoadSample[]): Map<string, number> {
    const sums = new Map<string, number>();
    for (const one of samples) sums.set(keyOf(one), (sums.get(keyOf(one)) ?? 0) + one.value);
    return sums;
  }

  test("that stand for themselves come back one by one, counts and rates as their sums", () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 30 }), (drawn) => {
        const samples = drawn.map((one) => (one.type === "rate" ? { ...one, value: Math.abs(one.value) % 2 } : one));
        const found = of(back(toBatches(K6, samples).map(throughBytes)));
        for (const type of ["gauge", "total"] as const) {
          const byTime = (a: LoadSample, b: LoadSample) => Number((a.timeUnixNano ?? 0n) - (b.timeUnixNano ?? 0n));
          const bySeries = (all: readonly LoadSample[]) =>
            Map.groupBy(
              all.filter((one) => one.type === type).sort(byTime),
              ({ name, unit, timeUnixNano }) => `${name} ${unit} ${timeUnixNano === undefined}`,
            );
          expect(bySeries(found)).toEqual(bySeries(samples));
        }
        const counted = (all: readonly LoadSample[]) => summed(all.filter(({ type }) => type === "delta" || type === "rate"));
        expect(counted(found)).toEqual(counted(samples));
        const rates = (all: readonly LoadSample[]) => all.filter(({ type }) => type === "rate").length;
        expect(rates(found)).toBe(rates(samples));
      }),
    );
  });

  test("of a trend come back in number, with smallest, largest and about their sum", () => {
    const value = fc.oneof(fc.double({ min: 1e-3, max: 1e5, noNaN: true }), fc.double({ min: -100, max: -1, noNaN: true }), fc.constant(0));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
        const samples = values.map(
          (one): LoadSample => ({ kind: "sample", name: "took", type: "trend", unit: "ms", timeUnixNano: 5n, value: one, tags: Attributes.EMPTY }),
        );
        const batches = toBatches(K6, samples).map(throughBytes);
        expect(batches[0]?.count).toBe(1);
        const found = of(back(batches)).map((one) => one.value);
        const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
        expect(found.length).toBe(values.length);
        expect([Math.min(...found), Math.max(...found)]).toEqual([Math.min(...values), Math.max(...values)]);
        expect(Math.abs(sum(found) - sum(values))).toBeLessThanOrEqual(0.05 * sum(values.map(Math.abs)));
      }),
    );
  });

  test("of a trend of usual spread have the right sum and are off by less than a per cent", () => {
    const values = Array.from({ length: 1000 }, (_, index) => 20 + (index % 37));
    const samples = values.map(
      (value): LoadSample => ({ kind: "sample", name: "took", type: "trend", unit: "ms", timeUnixNano: 5n, value, tags: Attributes.EMPTY }),
    );
    const found = of(back(toBatches(K6, samples))).map(({ value }) => value);
    const sorted = values.toSorted((a, b) => a - b);
    const sum = (all: readonly number[]) => all.reduce((total, value) => total + value, 0);
    expect(sum(found) / sum(values)).toBeCloseTo(1, 4);
    expect(Math.max(...found.map((value, index) => Math.abs(value / (sorted[index] as number) - 1)))).toBeLessThan(0.01);
  });

  test("that add up stand in a row over many batches, also where they come late or at the same time", () => {
    const pointTimes = new PointTimes();
    const ends = new Map<string, bigint>();
    const time = fc
      .oneof(fc.bigInt({ min: 0n, max: 3_000_000_000n }), fc.bigInt({ min: 0n, max: 300n }))
      .map((nanos) => 1_700_000_000_000_000_000n + nanos);
    const drawn = fc.array(fc.tuple(fc.constantFrom("delta", "rate", "trend"), time), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(drawn, (samples) => {
        const items = samples.map(
          ([type, timeUnixNano]): LoadSample => ({ kind: "sample", name: type, type, unit: "", timeUnixNano, value: 1, tags: Attributes.EMPTY }),
        );
        for (const { name, data } of metricsOf(witnessBatches(K6, items, { readUnixNano: READ_UNIX_NANO, ids: new SpanIds("seed"), pointTimes }))) {
          for (const point of data.points) {
            const [start, end] = [point.startUnixNano, point.timeUnixNano];
            const last = ends.get(name) ?? -1n;
            expect([start >= last, Number(end) > Number(last), start <= end]).toEqual([true, true, true]);
            ends.set(name, end);
          }
        }
      }),
    );
  });

  test("of a busy generator make few points", () => {
    const samples = Array.from({ length: 5000 }, (_, index): LoadSample => {
      const [name, type] = (
        [
          ["iterations", "delta"],
          ["checks", "rate"],
          ["iteration_duration", "trend"],
        ] as const
      )[index % 3] as ["iterations", "delta"];
      return {
        kind: "sample",
        name,
        type,
        unit: "",
        timeUnixNano: 1_000_000_000n + BigInt(index),
        value: 1,
        tags: Attributes.from({ scenario: "spike" }),
      };
    });
    const batches = toBatches(K6, samples);
    expect(batches.map(({ count }) => count)).toEqual([3]);
    expect(metricsOf(batches).map(({ name, data }) => [name, data.type])).toEqual([
      ["iterations", "sum"],
      ["checks.total", "sum"],
      ["iteration_duration", "exponential_histogram"],
    ]);
  });
});

describe("all else", () => {
  test("comes back as it was, from items and from bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(aggregate, threshold, facts, note), { minLength: 1, maxLength: 4 }), (items) => {
        const batches = toBatches(K6, items);
        expect(back(batches)).toEqual(items);
        expect(back(batches.map(throughBytes))).toEqual(items);
      }),
    );
  });

  test("a failed threshold is a warning", () => {
    const [batch] = toBatches(K6, [{ kind: "threshold", metric: "http_req_failed", expression: "rate<0.01", passed: false }]);
    expect(batch?.signal === "logs" && batch.items[0]).toMatchObject({ severityText: "WARN", eventName: "loadtest.threshold" });
  });
});

describe("a batch of others", () => {
  test("is told apart, decoded or not", () => {
    for (const batch of [spans(3), logs(2), throughBytes(spans(3)), throughBytes(logs(2))]) expect(witnessItemsOf(batch)).toBeUndefined();
  });

  test("is told apart without decoding its items", () => {
    const encoded = throughBytes(spans(3));
    const guarded = new Proxy(encoded, {
      get(target, key) {
        if (key === "items") throw new Error("decoded");
        return Reflect.get(target, key, target);
      },
    });
    expect(witnessItemsOf(guarded)).toBeUndefined();
  });

  test("joined with a witness's is left out, before and after it", () => {
    const [own] = toBatches(K6, [{ ...BLANK_REQUEST, vu: "7" }]) as [Batch];
    for (const joined of [own.concat([spans(2)]), spans(2).concat([own]), throughBytes(spans(2)).concat([throughBytes(own)])]) {
      expect(joined.count).toBe(3);
      expect(back([joined])).toEqual([{ ...BLANK_REQUEST, vu: "7" }]);
    }
  });

  test("that calls itself a witness's and is none gives items of which nothing is known", () => {
    const [own] = toBatches(K6, [BLANK_REQUEST]) as [Batch];
    const scope = spansOf([own])[0]?.scope;
    const attributes = Attributes.of([
      ["loadtest.outcome", { kind: "int", value: 7 }],
      ["loadtest.proxy.tries", { kind: "int", value: 3 }],
      ["loadtest.proxy.upstream.address", { kind: "array", value: [{ kind: "bool", value: true }] }],
      ["loadtest.duration_ms", { kind: "string", value: "long" }],
    ]);
    const foreign = span("x", { attributes, ...(scope === undefined ? {} : { scope }) });
    expect(back([batchOf("traces", [foreign])])).toMatchObject([
      { kind: "request", outcome: "unknown", durationMs: undefined, proxy: { tries: [{ address: "", status: undefined }] } },
    ]);
  });
});
