import { describe, expect, test } from "vitest";
import { k6Phases } from "../../../../collector/cli/load-run/k6-phases.ts";

const T0 = 1_778_532_600_000;
const seconds = (inspected: unknown) =>
  k6Phases(inspected, T0).map(({ name, kind, startUnixMs, endUnixMs }) => [name, kind, (startUnixMs - T0) / 1000, (endUnixMs - T0) / 1000]);

describe("the course that k6 plans", () => {
  test("of a spike: up, hold, down", () => {
    const stages = [
      { duration: "30s", target: 25 },
      { duration: "1m0s", target: 25 },
      { duration: "30s", target: 5 },
    ];
    expect(seconds({ scenarios: { spike: { executor: "ramping-arrival-rate", startTime: null, startRate: 5, stages } } })).toEqual([
      ["ramp", "ramp", 0, 30],
      ["hold", "hold", 30, 90],
      ["cool", "cool", 90, 120],
    ]);
  });

  test("in steps: two that rise one after the other are one ramp, a second hold has a number", () => {
    const stages = [
      { duration: "10s", target: 10 },
      { duration: "10s", target: 20 },
      { duration: "20s", target: 20 },
      { duration: "0s", target: 40 },
      { duration: "20s", target: 40 },
    ];
    expect(seconds({ scenarios: { steps: { executor: "ramping-vus", startVUs: 1, stages } } })).toEqual([
      ["ramp", "ramp", 0, 20],
      ["hold", "hold", 20, 40],
      ["hold 2", "hold", 40, 60],
    ]);
  });

  test("of one rate is a hold, and of scenarios one after the other all are told", () => {
    const scenarios = {
      second: { executor: "constant-vus", startTime: "30s", duration: "20s" },
      first: { executor: "constant-arrival-rate", duration: "30s" },
    };
    expect(seconds({ scenarios })).toEqual([
      ["hold", "hold", 0, 30],
      ["hold 2", "hold", 30, 50],
    ]);
  });

  test("at the top of the options is read too", () => {
    expect(seconds({ stages: [{ duration: "5s", target: 10 }], scenarios: null })).toEqual([["ramp", "ramp", 0, 5]]);
    expect(seconds({ duration: "3m0s" })).toEqual([["hold", "hold", 0, 180]]);
  });

  test.each([
    ["iterations alone", { scenarios: { once: { executor: "shared-iterations" } } }],
    [
      "scenarios at the same time",
      { scenarios: { a: { executor: "constant-vus", duration: "1m" }, b: { executor: "constant-vus", duration: "1m" } } },
    ],
    ["no options", undefined],
    ["something else", { scenarios: "none" }],
  ])("is not told of %s", (_, inspected) => {
    expect(seconds(inspected)).toEqual([]);
  });
});
