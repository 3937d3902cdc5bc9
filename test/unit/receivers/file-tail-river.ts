import { setTimeout as wait } from "node:timers/promises";
import type { Batch } from "../../../collector/model/batch.ts";
import type { LoadItem } from "../../../collector/model/load-record.ts";
import type { ReceiverDefinition } from "../../../collector/pipeline/define.ts";
import { type WitnessIdentity, witnessItemsOf } from "../../../collector/wire/witness/witness-batches.ts";
import { ALL_SIGNALS, basket, openRiver, type TestSurroundings } from "../pipeline/river.ts";

/** A receiver in a river of its own, and what witnesses said through it. */
export interface WitnessRiver extends AsyncDisposable {
  readonly around: TestSurroundings;
  readonly batches: readonly Batch[];
  items(): readonly LoadItem[];
  witnesses(): readonly WitnessIdentity[];
  /** Polls until it holds; fails after 10 s. */
  until(holds: (items: readonly LoadItem[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openWitnessRiver(
  definition: ReceiverDefinition,
  config: object,
  options: { readonly answer?: Parameters<typeof basket>[0]; readonly signals?: readonly string[]; readonly shutdownMs?: number } = {},
): Promise<WitnessRiver> {
  const next = basket(options.answer);
  const parsed = definition.config.parse(config);
  const { collector, around } = await openRiver(
    {
      receivers: { in: { ...definition, open: (_none, out, context) => definition.open(parsed, out, context) } },
      exporters: { next: next.definition },
      pipelines: (options.signals ?? ALL_SIGNALS).map((id) => ({ id, receivers: ["in"], exporters: ["next"] })),
    },
    options.shutdownMs,
  );
  const said = () => next.taken.flatMap((batch) => witnessItemsOf(batch) ?? []);
  const items = () => said().flatMap((one) => one.items);
  const close = async (): Promise<void> => collector[Symbol.asyncDispose]();
  return {
    around,
    batches: next.taken,
    items,
    witnesses: () => said().map(({ witness }) => witness),
    async until(holds) {
      const deadline = AbortSignal.timeout(10_000);
      while (!holds(items())) {
        if (deadline.aborted) throw new Error(`not within 10 s; there are ${items().length} items`);
        await wait(5);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

export const requestsOf = (items: readonly LoadItem[]) => items.filter((item) => item.kind === "request");
