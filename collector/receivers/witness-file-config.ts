import { z } from "zod";
import { duration } from "../pipeline/settings.ts";

/** Keys that receivers of witness files have in common. */
export const witnessFileKeys = {
  /** `loadtest.run.id` of all that is read; without it, it belongs to the run that is open. */
  run_id: z.string().optional(),
  /** How often a file is looked at for more. */
  poll_interval: duration()
    .default(250)
    .refine((ms) => ms >= 10, "must be 10ms or more"),
  /** Requests and samples that go on together … */
  batch_size: z.int().min(1).max(100_000).default(1000),
  /** … at the latest after so long. */
  batch_timeout: duration().default(1000),
};
