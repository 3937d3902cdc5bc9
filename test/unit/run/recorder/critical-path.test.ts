import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { criticalPath, type PathSpan } from "../../../../collector/run/recorder/critical-path.ts";

function span(spanId: string, parentSpanId: string, startMs: number, endMs: number, over: Partial<PathSpan> = {}): PathSpan {
  return { spanId, parentSpanId, startMs, endMs, isStore: false, isAsync: false, ...over };
}
const ROOT = span("root", "", 0, 100);

describe("the time that a request waited for others", () => {
  test("children one after the other add up, those that ran beside the last one do not", () => {
    const spans = [ROOT, span("a", "root", 10, 30), span("b", "root", 40, 80), span("beside", "root", 35, 70), span("across", "root", 20, 60)];
    expect(criticalPath(ROOT, spans)).toEqual({ childrenMs: 60, storeMs: 0 });
  });
  test("children that outlast their parent are clipped", () => {
    expect(criticalPath(ROOT, [ROOT, span("a", "root", -20, 10), span("b", "root", 90, 300)])).toEqual({ childrenMs: 20, storeMs: 0 });
  });
  test("what nobody waits for is left out, with all below it", () => {
    const spans = [ROOT, span("p", "root", 10, 90, { isAsync: true }), span("db", "p", 20, 80, { isStore: true })];
    expect(criticalPath(ROOT, spans)).toEqual({ childrenMs: 0, storeMs: 0 });
  });
  test("calls of the store count at whatever depth, once", () => {
    const spans = [ROOT, span("a", "root", 10, 60), span("db", "a", 20, 50, { isStore: true }), span("net", "db", 25, 45, { isStore: true })];
    expect(criticalPath(ROOT, spans)).toEqual({ childrenMs: 50, storeMs: 30 });
  });
  test("a ring of parents ends", () => {
    const spans = [ROOT, span("a", "root", 10, 60), span("a", "b", 10, 60), span("b", "a", 10, 60)];
    expect(criticalPath(ROOT, spans).childrenMs).toBe(50);
  });
});

test("it is never more than the request took, and the store's share never more than that", () => {
  const any = fc.array(
    fc.record({
      parent: fc.integer({ min: 0, max: 8 }),
      start: fc.integer({ min: -50, max: 150 }),
      length: fc.nat(120),
      isStore: fc.boolean(),
      isAsync: fc.boolean(),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(any, (made) => {
      const spans = [
        ROOT,
        ...made.map(({ parent, start, length, isStore, isAsync }, index) =>
          span(`s${index + 1}`, parent === 0 ? "root" : `s${parent}`, start, start + length, { isStore, isAsync }),
        ),
      ];
      const { childrenMs, storeMs } = criticalPath(ROOT, spans);
      expect(childrenMs).toBeGreaterThanOrEqual(0);
      expect(childrenMs).toBeLessThanOrEqual(100);
      expect(storeMs).toBeLessThanOrEqual(childrenMs);
    }),
  );
});
