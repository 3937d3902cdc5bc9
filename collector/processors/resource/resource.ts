import { stage, z } from "../../pipeline/define.ts";
import { attributeActionConfig, compileActions } from "../attribute-actions.ts";
import { mapResources } from "../map-resources.ts";

/** otelcol's `resource`: actions on the attributes of whoever sent the items. */
export const resource = stage({
  type: "resource",
  about: "Inserts, changes, hashes or deletes attributes of the resource, which says who sent the items.",
  signals: ["traces", "metrics", "logs"],
  config: z.strictObject({ attributes: z.array(attributeActionConfig).min(1, "give at least one action") }),
  async open({ attributes }, next) {
    const change = compileActions(attributes);
    return {
      push: (batch) => next.push(mapResources(batch, change)),
      async [Symbol.asyncDispose]() {},
    };
  },
});
