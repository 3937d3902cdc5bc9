import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Metric } from "../../../../collector/model/metric.ts";
import { isRefused } from "../../../../collector/pipeline/sink.ts";
import { type Answer, entriesOf, mockReceiver } from "../../../remote-write/mock-receiver.ts";
import { instantPace } from "../../pipeline/river.ts";
import { buckets, EPOCH_MS, gauge, histogram, metric, number, openLab } from "./lab.ts";

type Mood = "take" | "take_half" | "turn_half_down" | "fail" | "busy" | "away" | "refuse" | "cut" | "silent" | "too_large";
const mood = fc.constantFrom<Mood>(
  "take",
  "take",
  "take",
  "take_half",
  "turn_half_down",
  "fail",
  "busy",
  "away",
  "refuse",
  "cut",
  "silent",
  "too_large",
);

const plan = fc.record({
  script: fc.array(mood, { minLength: 1, maxLength: 12 }),
  pushes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 }),
  lanes: fc.integer({ min: 1, max: 3 }),
  perSend: fc.constantFrom(1, 3, 2000),
  protocol: fc.constantFrom("auto" as const, 1 as const, 2 as const),
  maxAge: fc.constantFrom("0s", "3s", "5m"),
  memory: fc.constantFrom(600, 67_108_864),
  hasDisk: fc.boolean(),
  salvage: fc.boolean(),
  retries: fc.boolean(),
  isShort: fc.boolean(),
  hasPoison: fc.boolean(),
});

function points(push: number, count: number, hasPoison: boolean): readonly Metric[] {
  const time = 10 + push / 100;
  const attributes = (index: number) => ({ item: hasPoison && index === 2 ? "poison" : String(index) });
  const values = Array.from({ length: count }, (_, index) => number(push * 100 + index, { time, attributes: attributes(index) }));
  return [metric("value", gauge(...values)), metric("latency", histogram(buckets([1, 2, 3], [0.5, 1], { time })))];
}

test("A-5 whatever the receiver answers and however the run ends: received = exported + dropped, and exported was taken", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (one) => {
      const directory = await mkdtemp(join(tmpdir(), "pitwall-"));
      const delivered = new Set<string>();
      await using receiver = await mockReceiver((request, index): Answer => {
        const isPoison = request.message.series.some(({ labels }) => labels.some(([, value]) => value === "poison"));
        if (isPoison) return { status: 500 };
        const half = Math.floor((entriesOf(request.message).samples + entriesOf(request.message).histograms) / 2);
        const partial = request.version === 2 && half > 0;
        const chosen = one.script[index % one.script.length];
        if (
          chosen === "take" ||
          (chosen === "silent" && request.version === 1) ||
          ((chosen === "take_half" || chosen === "turn_half_down") && partial)
        ) {
          for (const { labels, samples } of request.message.series) {
            for (const { timestampMs } of samples) delivered.add(`${JSON.stringify(labels)}@${timestampMs}`);
          }
        }
        switch (chosen) {
          case "take_half":
            return partial ? { written: { samples: half } } : { status: 400 };
          case "turn_half_down":
            return partial ? { status: 400, written: { samples: half } } : { status: 400 };
          case "fail":
            return { status: 500 };
          case "busy":
            return { status: 429, headers: { "retry-after": "1" } };
          case "away":
            return { status: 503 };
          case "refuse":
            return { status: 400 };
          case "cut":
            return { cut: true };
          case "silent":
            return { silent: true };
          case "too_large":
            return { status: 413 };
          default:
            return {};
        }
      });
      const out = new AbortController();
      const lab = await openLab({
        receiver,
        pace: instantPace(),
        outOfTime: out.signal,
        keys: {
          lanes: one.lanes,
          max_samples_per_send: one.perSend,
          protocol: one.protocol,
          salvage: one.salvage,
          retry_on_failure: { max_elapsed_time: one.maxAge, enabled: one.retries },
          queue: { max_memory_bytes: one.memory, ...(one.hasDisk ? { directory, spill_after: "1s" } : {}) },
        },
      });
      let taken = 0;
      for (const [push, count] of one.pushes.entries()) {
        lab.clock.ms = EPOCH_MS + 20_000 + push;
        try {
          await lab.push(...points(push, count, one.hasPoison));
          taken += count + 1;
        } catch (error) {
          if (!isRefused(error)) throw error;
        }
        if (push % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      // A receiver that always says when to come back is waited for as long as there is time.
      const timer = setTimeout(() => out.abort(), one.isShort ? 3 : 500);
      await lab.close();
      clearTimeout(timer);
      const balance = lab.around.ledger.balance("metrics");
      expect(balance).toMatchObject({ received: taken, inFlight: 0 });
      expect(balance.exported).toBeLessThanOrEqual(delivered.size);
      expect(lab.around.log.lines.filter(({ level, message }) => level === "error" && message.includes("fault"))).toEqual([]);
      await rm(directory, { recursive: true });
    }),
    { numRuns: 60 },
  );
});
