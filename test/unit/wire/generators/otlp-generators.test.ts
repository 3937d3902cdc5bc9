import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import {
  isArtilleryPercentile,
  isBlindToSeconds,
  isOverflow,
  k6RateOf,
  normaliseArtilleryPoint,
  normaliseArtillerySpan,
} from "../../../../collector/wire/generators/otlp-generators.ts";

test("k6's rates of both generations of names", () => {
  const none = Attributes.EMPTY;
  expect(k6RateOf("http_req_failed.total", Attributes.from({ condition: "nonzero" }))).toEqual({ rate: "http_req_failed", counts: "nonzero" });
  expect(k6RateOf("http_req_failed.total", Attributes.from({ condition: "zero" }))).toEqual({ rate: "http_req_failed", counts: "zero" });
  expect(k6RateOf("http_req_failed.occurred", none)).toEqual({ rate: "http_req_failed", counts: "nonzero" });
  expect(k6RateOf("http_req_failed.total", none)).toEqual({ rate: "http_req_failed", counts: "all" });
  expect(k6RateOf("http_reqs", none)).toBeUndefined();
});

test("the attribute of a cardinality that overflowed is noticed", () => {
  expect(isOverflow(Attributes.from({ "otel.metric.overflow": true }))).toBe(true);
  expect(isOverflow(Attributes.from({ "otel.metric.overflow": false }))).toBe(false);
  expect(isOverflow(Attributes.from({ name: "ok" }))).toBe(false);
});

test("trap: Artillery's start and end of the period are no dimensions of a series", () => {
  const first = normaliseArtilleryPoint(Attributes.from({ startTime: 1795246115231, endTime: 1795246119839, phase: "hold" }));
  const second = normaliseArtilleryPoint(Attributes.from({ startTime: 1795246120030, endTime: 1795246129834, phase: "hold" }));
  expect(first.attributes.canonicalKey).toBe(second.attributes.canonicalKey);
  expect([first.periodStartMs, first.periodEndMs]).toEqual([1795246115231, 1795246119839]);
  expect(normaliseArtilleryPoint(Attributes.EMPTY).periodEndMs).toBeUndefined();
});

test("trap: Artillery writes the port for the scheme", () => {
  const span = Attributes.from({ "http.url": "http://127.0.0.1:18080/ok", "http.scheme": "18080" });
  expect(normaliseArtillerySpan(span).getString("http.scheme")).toBe("http");
  expect(normaliseArtillerySpan(Attributes.from({ "http.scheme": "https" })).getString("http.scheme")).toBe("https");
  expect(normaliseArtillerySpan(Attributes.from({ "http.scheme": "80" })).has("http.scheme")).toBe(false);
});

test("Artillery's percentiles are told from its counters", () => {
  expect(["http.response_time.p95", "http.response_time.median", "http.response_time.count", "http.requests"].map(isArtilleryPercentile)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("trap: Locust's seconds in buckets for milliseconds", () => {
  const bounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
  expect(isBlindToSeconds("s", bounds)).toBe(true);
  expect(isBlindToSeconds("ms", bounds)).toBe(false);
  expect(isBlindToSeconds("s", [0.005, 0.01])).toBe(false);
});
