import { describe, expect, test } from "vitest";
import { phasesOf } from "../../../../collector/diagnose/phases/detect-phases.ts";
import type { RunPhase } from "../../../../collector/model/run.ts";
import { type LedgerBuilder, ledgerOf, T0 } from "../ledger-builder.ts";

const course = (builder: LedgerBuilder) => phasesOf(builder.ledger()).map(seconds);

function seconds({ name, kind, startUnixMs, endUnixMs, source }: RunPhase): readonly [string, string, number, number, string] {
  return [name, kind, startUnixMs / 1000 - T0, endUnixMs / 1000 - T0, source];
}

/** Requests per second by second. */
function ramped(builder: LedgerBuilder, rate: (second: number) => number, to: number): LedgerBuilder {
  for (let second = 0; second < to; second++) builder.client("GET /a", { ok: Math.round(rate(second)) }, { at: second });
  return builder;
}

const spike = (second: number) => (second < 30 ? 5 + (second / 30) * 45 : second < 90 ? 50 : 50 - ((second - 90) / 30) * 45);

describe("phases of a run", () => {
  test("are seen in the offered rate where nobody gave them", () => {
    const [before, ramp, hold, cool, after] = course(ramped(ledgerOf({ loadSeconds: 120, beforeSeconds: 20, afterSeconds: 60 }), spike, 120));
    expect(before).toEqual(["before", "before", -20, 0, "given"]);
    expect(ramp?.slice(0, 2)).toEqual(["ramp", "ramp"]);
    expect(hold?.slice(0, 2)).toEqual(["hold", "hold"]);
    expect(Math.abs((hold?.[2] ?? 0) - 30)).toBeLessThanOrEqual(3);
    expect(Math.abs((hold?.[3] ?? 0) - 90)).toBeLessThanOrEqual(3);
    expect(cool?.slice(0, 2)).toEqual(["cool", "cool"]);
    expect(after).toEqual(["after", "after", 120, 180, "given"]);
  });

  test("a rate that falls because workers hang is no end of the load: what was dropped was offered too", () => {
    const builder = ramped(ledgerOf({ loadSeconds: 60 }), (second) => (second < 30 ? 50 : 10), 60)
      .counter("iterations", { hop: "client", values: (second) => (second < 30 ? 50 : 10) })
      .counter("dropped_iterations", { hop: "client", values: (second) => (second < 30 ? undefined : 40) });
    expect(course(builder).map(([name]) => name)).toEqual(["hold"]);
  });

  test("a counter that is exported every ten seconds is no saw-tooth", () => {
    const builder = ledgerOf({ loadSeconds: 60 });
    for (let at = 9; at < 60; at += 10) builder.client("GET /a", { ok: 500 }, { source: "metrics", at });
    expect(course(builder)).toEqual([["hold", "hold", 0, 60, "detected"]]);
  });

  test("second holds get a number", () => {
    const names = course(ramped(ledgerOf({ loadSeconds: 60 }), (second) => (second < 30 ? 10 : 40), 60)).map(([name]) => name);
    expect(names).toEqual(["hold", "hold 2"]);
  });

  test("that were given are taken, and none is detected beside them", () => {
    const given = ramped(ledgerOf({ loadSeconds: 120 }), spike, 120).phase("spike", "hold", 30, 90);
    expect(course(given)).toEqual([["spike", "hold", 30, 90, "given"]]);
  });

  test("scenarios are from their first to their last request; k6's default is the load itself", () => {
    const builder = ledgerOf({ loadSeconds: 40 })
      .phase("hold", "hold", 0, 40)
      .client("GET /a", { ok: 40 }, { scenario: "smoke", at: [0, 10] })
      .client("GET /a", { ok: 300 }, { scenario: "spike", at: [10, 40] })
      .client("GET /a", { ok: 40 }, { scenario: "default" });
    expect(course(builder)).toEqual([
      ["hold", "hold", 0, 40, "given"],
      ["smoke", "scenario", 0, 10, "generator"],
      ["spike", "scenario", 10, 40, "generator"],
    ]);
  });

  test("without a word on the load, rest is what lies before and after the requests", () => {
    const builder = ledgerOf({ loadSeconds: 60, saysLoad: false }).phase("hold", "hold", 20, 40);
    builder.client("GET /a", { ok: 200 }, { at: [20, 40] });
    expect(course(builder)).toEqual([
      ["before", "before", 0, 20, "detected"],
      ["hold", "hold", 20, 40, "given"],
      ["after", "after", 40, 60, "detected"],
    ]);
  });

  test("of a run that saw nothing there are none", () => {
    expect(phasesOf(ledgerOf({ saysLoad: false }).ledger())).toEqual([]);
  });
});

test("a generator's plan is put where its load really lay: after it was set up, and not beyond its end", () => {
  const start = T0 * 1000;
  const planned = (name: string, kind: "ramp" | "hold", from: number, to: number) =>
    ({ name, kind, startUnixMs: start + from * 1000, endUnixMs: start + to * 1000, source: "generator" }) as const;
  const ledger = ledgerOf({ loadSeconds: 60 })
    .client("GET /a", { ok: 500 }, { at: [10, 60] })
    .with({ phases: [planned("ramp", "ramp", 0, 20), planned("hold", "hold", 20, 80)] })
    .ledger();
  const course = phasesOf(ledger).filter(({ kind }) => kind === "ramp" || kind === "hold");
  expect(course.map(({ name, startUnixMs, endUnixMs }) => [name, (startUnixMs - start) / 1000, (endUnixMs - start) / 1000])).toEqual([
    ["ramp", 10, 30],
    ["hold", 30, 60],
  ]);
});
