import { expect, test } from "vitest";
import { formatHops } from "../../../../collector/cli/load-run/progress-lines.ts";

test("a line has every hop that was heard of, its failures and what it took", () => {
  expect(
    formatHops([
      { hop: "client", requests: 1200, failures: 3, p50Ms: 10, p95Ms: 41.4 },
      { hop: "proxy", requests: 1197, failures: 0, p95Ms: 8.25 },
      { hop: "application", requests: 1197, failures: 0, p95Ms: null },
    ]),
  ).toBe("client 1200 (3 failed) p95 41 ms ▸ proxy 1197 p95 8.3 ms ▸ application 1197");
});

test("before anything was heard it says so", () => {
  expect(formatHops([])).toBe("no request heard of yet");
});
