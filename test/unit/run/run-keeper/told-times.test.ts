import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunPhase } from "../../../../collector/model/run.ts";
import { Refused } from "../../../../collector/pipeline/sink.ts";
import { BEGAN_MS, type KeeperLab, openKeeperLab } from "./keeper-lab.ts";

/** Times of the points of each series, in the order in which they were told. */
function timesOf(lab: KeeperLab): ReadonlyMap<string, readonly bigint[]> {
  const times = new Map<string, bigint[]>();
  for (const batch of lab.told.taken) {
    if (batch.signal !== "metrics") continue;
    for (const { name, data } of batch.items) {
      if (data.type !== "gauge") continue;
      for (const { attributes, timeUnixNano } of data.points) {
        const series = `${name} ${attributes.canonicalKey}`;
        times.set(series, [...(times.get(series) ?? []), timeUnixNano]);
      }
    }
  }
  return times;
}

const phase = (name: string, fromMs: number, toMs: number): RunPhase => ({
  name,
  kind: "hold",
  startUnixMs: BEGAN_MS + fromMs,
  endUnixMs: BEGAN_MS + Math.max(fromMs, toMs),
  source: "given",
});

test("a phase that turns out to have ended before it was last told to be on ends after that", async () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "spike", phases: [phase("hold", 0, 60_000)] });
  await lab.teller.tick();
  lab.nowMs += 30_000;
  await lab.teller.tick();
  lab.nowMs += 200;
  lab.keeper.update(id, { phases: [phase("hold", 0, 29_500)] });
  await lab.teller.tick();
  const hold = [...timesOf(lab)].find(([series]) => series.startsWith("loadtest.run.phase"))?.[1] ?? [];
  expect(hold.map((time) => Number(time / 1_000_000n) - BEGAN_MS)).toEqual([0, 30_000, 30_001]);
});

test("whatever is changed, and whatever the clock does, the points of a series rise in time", async () => {
  const act = fc.record({
    what: fc.constantFrom("tick", "mark", "phases", "load", "end", "create", "refuse"),
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: -3000, max: 3000 })),
    from: fc.nat(20_000),
    to: fc.nat(20_000),
    isAwaited: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      let refuses = false;
      let runs = 0;
      using lab = openKeeperLab({
        suffix: () => String(runs++).padStart(4, "0"),
        answer: () => (refuses ? Promise.reject(new Refused("not now", { retryAfterMs: 0, overload: false })) : undefined),
      });
      for (const { what, afterMs, from, to, isAwaited } of acts) {
        lab.nowMs += afterMs;
        const id = lab.keeper.current?.id;
        refuses = what === "refuse";
        if (what === "create" && id === undefined) lab.keeper.create({ name: "r", phases: [phase("a", from, to), phase("b", to, from)] });
        if (id !== undefined && what === "phases") lab.keeper.update(id, { phases: [phase("a", from, to), phase("b", to, to + 1000)] });
        if (id !== undefined && what === "load") lab.keeper.update(id, { loadStartUnixMs: BEGAN_MS });
        if (id !== undefined && what === "mark") lab.keeper.mark(id, { text: "m" });
        if (id !== undefined && what === "end") lab.keeper.end(id);
        const told = lab.teller.tick();
        if (isAwaited) await told;
      }
      await lab.teller.tick();
      for (const [series, times] of timesOf(lab)) {
        for (const [index, time] of times.entries()) if (index > 0) expect({ series, time }).toEqual({ series, time: maxOf(time, times[index - 1]) });
      }
    }),
    { numRuns: 60 },
  );
});

/** The time itself where it is later than the one before, by the millisecond; else one that it is not. */
function maxOf(time: bigint, before: bigint | undefined): bigint {
  return before === undefined || time / 1_000_000n > before / 1_000_000n ? time : before + 1_000_000n;
}
