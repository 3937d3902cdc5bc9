import fc from "fast-check";
import { expect, test } from "vitest";
import type { SampledSpan } from "../../../collector/model/ledger.ts";
import { mostlyIn, spanParts } from "../../../collector/report/span-parts.ts";

const SPAN: SampledSpan = {
  hop: "client",
  witness: "k6",
  name: "GET /a",
  spanId: "1",
  parentSpanId: "",
  startUnixMs: 1000,
  endUnixMs: 1010,
  failed: false,
  attributes: {},
};

test("a client's phases follow one another within its span, whatever it tells", () => {
  const ms = fc.double({ min: 0, max: 50, noNaN: true });
  fc.assert(
    fc.property(ms, ms, ms, ms, ms, (blocked, send, wait, recv, durationMs) => {
      const attributes = { blocked_ms: `${blocked}`, send_ms: `${send}`, wait_ms: `${wait}`, recv_ms: `${recv}` };
      let until = 5;
      for (const part of spanParts({ ...SPAN, attributes }, 5, durationMs)) {
        expect(part.startMs).toBeGreaterThanOrEqual(until - 0.002);
        until = part.startMs + part.durationMs;
      }
      expect(until).toBeLessThanOrEqual(5 + durationMs + 0.003);
    }),
  );
});

test("a proxy's times are told apart: connecting, the first byte, the body, the way back", () => {
  const attributes = { upstream_connect_ms: "2", upstream_header_ms: "10", upstream_response_ms: "15" };
  const parts = spanParts({ ...SPAN, hop: "proxy", attributes }, 0, 40);
  expect(parts.map(({ startMs, durationMs }) => [startMs, durationMs])).toEqual([
    [0, 2],
    [2, 8],
    [10, 5],
    [15, 25],
  ]);
});

test("times that are no numbers, and hops that tell none, have no parts", () => {
  expect(spanParts({ ...SPAN, attributes: { wait_ms: "soon" } }, 0, 10)).toEqual([]);
  expect(spanParts({ ...SPAN, hop: "proxy", attributes: { upstream_response_ms: "-" } }, 0, 10)).toEqual([]);
  expect(spanParts({ ...SPAN, hop: "application", attributes: { wait_ms: "3" } }, 0, 10)).toEqual([]);
});

test("most of the time is where it did not pass further in, overlapping spans counted once", () => {
  const span = (hop: "client" | "proxy" | "application" | "store", startMs: number, durationMs: number) =>
    ({ hop, witness: "", name: "", depth: 0, startMs, durationMs, failed: false, status: "", parts: [], attributes: {} }) as const;
  expect(
    mostlyIn([span("client", 0, 100), span("proxy", 1, 98), span("application", 2, 90), span("application", 10, 20), span("store", 5, 10)]),
  ).toEqual({
    hop: "application",
    share: 0.8,
  });
  expect(mostlyIn([span("client", 0, 100)])).toBeNull();
});
