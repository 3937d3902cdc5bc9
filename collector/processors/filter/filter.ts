import { ACCEPTED, type Batch, stage, z } from "../../pipeline/define.ts";
import { isRefused } from "../../pipeline/sink.ts";
import { startPush } from "../../pipeline/watch.ts";
import { parseCondition, UNDERSTOOD } from "./condition.ts";
import type { ConditionContext } from "./condition-paths.ts";
import { ConditionError } from "./condition-tokens.ts";
import { keepItems } from "./keep-items.ts";

const condition = (context: ConditionContext) =>
  z.string().superRefine((text, check) => {
    try {
      parseCondition(text, context);
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      check.addIssue({ code: "custom", message: `${error.message} (column ${error.column} of the condition); ${UNDERSTOOD}` });
    }
  });
const conditions = (context: ConditionContext) => z.array(condition(context)).default([]);

/**
 * otelcol's `filter` with a documented subset of OTTL (see condition.ts): an item that any condition of its list holds for is dropped and counted as `filtered`.
 * A data point that goes takes its metric along when it was the last. `error_mode` is accepted and without effect: conditions cannot fail.
 */
export const filter = stage({
  type: "filter",
  about: "Drops spans, metrics, data points and log records that a condition holds for.",
  signals: ["traces", "metrics", "logs"],
  config: z.strictObject({
    error_mode: z.enum(["ignore", "silent", "propagate"]).default("propagate"),
    traces: z.strictObject({ span: conditions("span") }).optional(),
    metrics: z.strictObject({ metric: conditions("metric"), datapoint: conditions("datapoint") }).optional(),
    logs: z.strictObject({ log_record: conditions("log") }).optional(),
  }),
  async open(config, next, { id, ledger }) {
    const compile = (context: ConditionContext, texts: readonly string[] = []) => texts.map((text) => parseCondition(text, context));
    const rules = {
      span: compile("span", config.traces?.span),
      metric: compile("metric", config.metrics?.metric),
      datapoint: compile("datapoint", config.metrics?.datapoint),
      log: compile("log", config.logs?.log_record),
    };
    return {
      push(batch) {
        const kept = keepItems(batch, rules);
        if (kept === batch) return next.push(batch);
        const countDropped = (of: Batch): void => ledger.dropped(id, "filtered", of.signal, of.count - kept.count);
        if (kept.items.length === 0) {
          countDropped(batch);
          return ACCEPTED;
        }
        // Counted once the rest is taken: of a refused batch the sender still has everything.
        const pushed = startPush(next, kept);
        if (pushed === ACCEPTED) {
          countDropped(batch);
          return ACCEPTED;
        }
        return pushed.then(
          () => countDropped(batch),
          (error: unknown) => {
            if (!isRefused(error)) countDropped(batch);
            throw error;
          },
        );
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
