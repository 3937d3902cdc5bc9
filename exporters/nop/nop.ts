import { ACCEPTED, exporter, z } from "../../collector/pipeline/define.ts";

/** Accepts everything and keeps nothing: for measuring what comes before it. */
export const nop = exporter({
  type: "nop",
  about: "Accepts everything and does nothing with it.",
  signals: ["traces", "metrics", "logs"],
  config: z.strictObject({}),
  async open() {
    return { push: () => ACCEPTED, async [Symbol.asyncDispose]() {} };
  },
});
