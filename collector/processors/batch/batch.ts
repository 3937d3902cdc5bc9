import { stage, z } from "../../pipeline/define.ts";
import { duration } from "../../pipeline/settings.ts";
import { BatchStage } from "./batch-stage.ts";

/** otelcol's `batch`, which loses nothing: what the next component refuses is kept and offered again (L-04). */
export const batch = stage({
  type: "batch",
  about: "Gathers items into larger batches before they go on.",
  signals: ["traces", "metrics", "logs"],
  config: z
    .strictObject({
      timeout: duration().default(200),
      send_batch_size: z.int().min(0).default(8192),
      send_batch_max_size: z.int().min(0).default(0),
      metadata_keys: z
        .array(z.string())
        .max(0, "batching by client metadata is not supported: requests are batched without looking at their headers; remove the key")
        .default([]),
      metadata_cardinality_limit: z.int().min(0).default(1000),
    })
    .refine((value) => value.send_batch_max_size === 0 || value.send_batch_max_size >= value.send_batch_size, {
      path: ["send_batch_max_size"],
      message: "must be 0 (no limit) or at least send_batch_size",
    }),
  open: async (settings, next, context) => new BatchStage(settings, next, context),
});
