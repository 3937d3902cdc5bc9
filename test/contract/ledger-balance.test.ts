import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Signal } from "../../collector/model/batch.ts";
import type { StageDefinition } from "../../collector/pipeline/define.ts";
import { Refused, Rejected } from "../../collector/pipeline/sink.ts";
import { batch as batchProcessor } from "../../collector/processors/batch/batch.ts";
import { filter } from "../../collector/processors/filter/filter.ts";
import { basket, handReceiver, logs, openRiver } from "../unit/pipeline/river.ts";

/** Whatever exporters answer, and however pipelines branch: at the end every item has left by exactly one door. */

type Outcome = "take" | "refuse" | "reject_some" | "reject_all" | "too_large" | "fault" | "later";
const outcome = fc.constantFrom<Outcome>("take", "take", "refuse", "reject_some", "reject_all", "too_large", "fault", "later");

/** Plays the outcomes in turn, for ever; `delivered` is what the target itself would say. */
function scripted(script: readonly Outcome[], queued: boolean): ReturnType<typeof basket> & { delivered(): number } {
  let kept = 0;
  const target = basket((batch, attempt) => {
    switch (script[attempt % script.length]) {
      case "refuse":
        return Promise.reject(new Refused("not now", { retryAfterMs: 0, overload: false }));
      case "reject_some":
        kept += batch.count - 1;
        return Promise.reject(new Rejected("one is bad", { items: 1, reason: "bad" }));
      case "reject_all":
        return Promise.reject(new Rejected("all are bad", { items: batch.count, reason: "send_failed" }));
      case "too_large":
        return batch.count > 2 ? Promise.reject(new Rejected("413", { items: batch.count, reason: "too_large" })) : undefined;
      case "fault":
        throw new TypeError("a fault");
      case "later":
        return new Promise((resolve) => setTimeout(resolve, 3));
      default:
        return undefined;
    }
  }, queued);
  return { ...target, delivered: () => kept + target.taken.reduce((sum, batch) => sum + batch.count, 0) };
}

const forward: StageDefinition = {
  kind: "stage",
  type: "forward",
  about: "Joins two pipelines.",
  signals: ["logs"],
  produces: ["logs"] satisfies Signal[],
  config: filter.config,
  open: async (_config, next) => ({ push: (batch) => next.push(batch), async [Symbol.asyncDispose]() {} }),
};

const exporterPlan = fc.record({
  script: fc.array(outcome, { minLength: 1, maxLength: 6 }),
  queued: fc.boolean(),
  queueSize: fc.integer({ min: 1, max: 4 }),
  waits: fc.boolean(),
  blocks: fc.boolean(),
  batching: fc.boolean(),
  elapsedMs: fc.constantFrom(0, 40),
});

function exporterConfig(plan: typeof exporterPlan extends fc.Arbitrary<infer Plan> ? Plan : never): object {
  return {
    sending_queue: {
      enabled: true,
      num_consumers: 2,
      queue_size: plan.queueSize,
      sizer: "requests",
      block_on_overflow: plan.blocks,
      wait_for_result: plan.waits,
      ...(plan.batching ? { batch: { flush_timeout: 5, min_size: 6, max_size: 8, sizer: "items" } } : {}),
    },
    retry_on_failure: {
      enabled: true,
      initial_interval: 3,
      max_interval: 12,
      multiplier: 2,
      randomization_factor: 0,
      max_elapsed_time: plan.waits || plan.blocks ? 15 : plan.elapsedMs,
    },
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.setTimerTickMode("nextTimerAsync");
});
afterEach(() => void vi.useRealTimers());

test("A-5 received + copied = exported + dropped at the end, for random pipelines and random answers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(exporterPlan, { minLength: 3, maxLength: 3 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      fc.boolean(),
      async (plans, counts, batches, filters) => {
        const hand = handReceiver();
        const targets = plans.map((plan) => scripted(plan.script, plan.queued));
        const exporters = plans.map((plan, index) => ({ definition: (targets[index] ?? basket()).definition, config: exporterConfig(plan) }));
        const processors = {
          ...(filters
            ? { filter: { definition: filter as StageDefinition, config: filter.config.parse({ logs: { log_record: ['IsMatch(body, "-2$")'] } }) } }
            : {}),
          ...(batches
            ? {
                batch: { definition: batchProcessor as StageDefinition, config: batchProcessor.config.parse({ send_batch_size: 8, timeout: "4ms" }) },
              }
            : {}),
        };
        const { collector, around } = await openRiver({
          receivers: { hand: hand.definition },
          processors,
          connectors: { forward: { definition: forward, config: {} } },
          exporters: Object.fromEntries(exporters.map((one, index) => [`out/${index}`, one])),
          pipelines: [
            { id: "logs/1", receivers: ["hand"], processors: Object.keys(processors), exporters: ["out/0", "forward"] },
            { id: "logs/2", receivers: ["hand", "forward"], exporters: ["out/1", "out/2"] },
          ],
        });
        const heard = await Promise.allSettled(counts.map((count, index) => hand.push(logs(count, `b${index}`))));
        const accepted = counts.filter((_, index) => {
          const end = heard[index];
          return end?.status === "fulfilled" || (end?.status === "rejected" && end.reason.code === "REJECTED");
        });
        await collector[Symbol.asyncDispose]();
        const fromSenders = around.ledger.receivedRows().find((row) => row.component === "hand");
        expect(fromSenders?.items ?? 0).toBe(accepted.reduce((sum, count) => sum + count, 0));
        expect(around.ledger.balance("logs").inFlight).toBe(0);
        // More is possible: a target sees some pieces twice when the rest of a request was refused.
        for (const row of around.ledger.exportedRows()) {
          const target = targets[Number(/^out\/(\d)$/.exec(row.component)?.[1])];
          if (target !== undefined) expect(target.delivered()).toBeGreaterThanOrEqual(row.items);
        }
        expect(around.log.lines.filter((line) => line.message.includes("closing") || line.message.includes("close"))).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});
