import fc from "fast-check";
import { expect, test } from "vitest";
import { formatRunId, isRunId } from "../../../../collector/run/run-keeper/run-id.ts";
import { BEGAN_MS } from "./keeper-lab.ts";

test.each([
  ["spike", "20260512-045100-spike-3f2a"],
  ["Spike 50 RPS", "20260512-045100-spike-50-rps-3f2a"],
  ["Été/à la carte", "20260512-045100-ete-a-la-carte-3f2a"],
  ["../../etc/passwd", "20260512-045100-etc-passwd-3f2a"],
  ["压测", "20260512-045100-run-3f2a"],
  ["--", "20260512-045100-run-3f2a"],
])("a run called %s has the id %s", (name, id) => {
  expect(formatRunId(name, BEGAN_MS, "3f2a")).toBe(id);
});

test("whatever a run is called, its id is a plain file name that sorts by time", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 300, unit: "binary" }),
      fc.integer({ min: 0, max: 4e12 }),
      fc.integer({ min: 1000, max: 1e9 }),
      (name, at, later) => {
        const [first, second] = [formatRunId(name, at, "0000"), formatRunId(name, at + later, "0000")];
        expect(isRunId(first)).toBe(true);
        expect(first.length).toBeLessThan(80);
        expect(first < second).toBe(true);
      },
    ),
  );
});

test.each(["", ".", "..", "a/b", "a\\b", "../a", "a..b", "-a", ".copy-1", "A", "a b", "a\0", "é", "a".repeat(129)])("%j is no id", (word) => {
  expect(isRunId(word)).toBe(false);
});
