import { expect, test } from "vitest";
import { parseDemoArguments } from "../../../../loadtest/demo/arguments.ts";
import { formatLiveLine } from "../../../../loadtest/demo/live-line.ts";

test("defaults and all options", () => {
  expect(parseDemoArguments([])).toEqual({ seconds: 15, peakPerSecond: 120, permits: 256, hasProxy: true, keep: false, runsFolder: ".pitwall/runs" });
  expect(parseDemoArguments(["--seconds", "3", "--rate=40", "--keep", "--permits", "6", "--no-proxy", "--runs-dir", "x"])).toEqual({
    seconds: 3,
    peakPerSecond: 40,
    permits: 6,
    hasProxy: false,
    keep: true,
    runsFolder: "x",
  });
  expect(parseDemoArguments(["-h"])).toEqual({ help: true });
});

test.each([["--seconds", "0"], ["--seconds", "soon"], ["--rate", ""], ["--rate", "1e9"], ["--sceonds", "3"], ["more"]])(
  "%s %s is a mistake, told in words",
  (...args) => {
    expect(parseDemoArguments(args)).toEqual({ mistake: expect.stringContaining(args.at(0) as string) });
  },
);

test("the live line fits the terminal and shows a dash for what nobody has told yet", () => {
  const server = {
    permits: 0,
    permitsMin: 0,
    permitsLimit: 6,
    cacheHitRatio: 0.876,
    cacheRebuilds: 2,
    residentBytes: 100 * 2 ** 20,
    fileDescriptors: undefined,
    p95Ms: 152.4,
    requests: new Map([["/a", new Map([[429, 3]])]]),
  };
  const flow = { received: 1234, exported: 2000, dropped: 0, spans: 0, metricPoints: 0, logRecords: 0 };
  const line = formatLiveLine(7100, server, flow);
  expect(line).toBe("  7 s  permits 0/6 (min 0)  429 3  p95 152 ms  cache 88 %  RSS 100 MiB  fds –  telemetry 1,234 in, 2,000 out, 0 dropped");
  expect(formatLiveLine(7100, server, flow, 40)).toHaveLength(40);
});
