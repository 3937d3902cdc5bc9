import { describe, expect, test } from "vitest";
import type { Batch } from "../../collector/model/batch.ts";
import type { ReceiverDefinition } from "../../collector/pipeline/define.ts";
import { Refused, Rejected } from "../../collector/pipeline/sink.ts";
import { ALL_SIGNALS, basket, openRiver, type River, turn } from "../unit/pipeline/river.ts";
import { draws } from "./draws.ts";

/** A source that a receiver reads by itself. */
export interface Source extends AsyncDisposable {
  /** Keys of a config that reads it. */
  readonly config: object;
  /** Makes more for the receiver to read. */
  grow(): void;
}

export interface PullerCase {
  readonly source: () => Promise<Source>;
  /** What of a batch must arrive exactly once, e.g. the names of its requests; [] for moments that nobody can count beforehand. */
  readonly identities: (batch: Batch) => readonly string[];
  /** What `grow` has made so far must be, in this order; undefined where there is no telling. */
  readonly expected: ((grown: number) => readonly string[]) | undefined;
}

interface Opened extends River {
  readonly next: ReturnType<typeof basket>;
}

async function openPuller(
  definition: ReceiverDefinition,
  config: object,
  answer?: Parameters<typeof basket>[0],
  signals = ALL_SIGNALS,
): Promise<Opened> {
  const next = basket(answer);
  const configured = definition.config.parse(config);
  const river = await openRiver({
    receivers: { in: { ...definition, open: (_none, out, context) => definition.open(configured, out, context) } },
    exporters: { next: next.definition },
    pipelines: signals.map((signal) => ({ id: signal, receivers: ["in"], exporters: ["next"] })),
  });
  return { ...river, next };
}

async function heard({ next }: Opened, batches: number): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  while (next.attempts() < batches) {
    if (deadline.aborted) throw new Error("nothing was pushed within 10 s");
    await turn();
  }
}

/** What every receiver owes that has no sender who keeps its data. */
export function pullerContract(definition: ReceiverDefinition, { source, identities, expected }: PullerCase): void {
  describe(`${definition.type}, which reads by itself`, () => {
    test("loses and doubles nothing when the pipeline refuses at random", async () => {
      await using from = await source();
      const random = draws(7);
      const opened = await openPuller(definition, from.config, () =>
        random() < 0.5 ? Promise.reject(new Refused("not now", { retryAfterMs: 1, overload: random() < 0.5 })) : undefined,
      );
      for (let times = 1; times <= 5; times++) {
        from.grow();
        await heard(opened, times);
      }
      await opened.collector[Symbol.asyncDispose]();
      const found = opened.next.taken.flatMap(identities);
      if (expected !== undefined) expect(found).toEqual(expected(5));
      expect(opened.next.taken.length).toBeGreaterThan(0);
      for (const balance of opened.around.ledger.balances()) expect(balance).toMatchObject({ dropped: 0, inFlight: 0 });
    });

    test("goes on after a batch that was rejected, which is counted where it was lost", async () => {
      await using from = await source();
      let lost = 0;
      const opened = await openPuller(definition, from.config, (batch, attempt) => {
        if (attempt !== 1) return undefined;
        lost = batch.count;
        return Promise.reject(new Rejected("bad", { items: batch.count, reason: "bad_id" }));
      });
      from.grow();
      await heard(opened, 1);
      from.grow();
      await heard(opened, 2);
      await opened.collector[Symbol.asyncDispose]();
      const balances = opened.around.ledger.balances();
      expect(balances.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(lost);
      expect(opened.around.ledger.droppedRows()).toMatchObject([{ reason: "bad_id" }]);
      for (const { inFlight } of balances) expect(inFlight).toBe(0);
    });

    test("reads no further while a push is pending, and at the end waits for it", async () => {
      await using from = await source();
      const gate = Promise.withResolvers<void>();
      const opened = await openPuller(definition, from.config, () => gate.promise);
      from.grow();
      await heard(opened, 1);
      from.grow();
      for (let times = 0; times < 50; times++) await turn();
      expect(opened.next.attempts()).toBe(1);
      const closed = opened.collector[Symbol.asyncDispose]();
      gate.resolve();
      await closed;
      if (expected !== undefined) expect(opened.next.taken.flatMap(identities)).toEqual(expected(2));
      for (const balance of opened.around.ledger.balances()) expect(balance).toMatchObject({ dropped: 0, inFlight: 0 });
    });

    test("gives only what a pipeline takes", async () => {
      await using from = await source();
      const signals = definition.signals.slice(0, 1);
      const opened = await openPuller(definition, from.config, undefined, signals);
      from.grow();
      await heard(opened, 1);
      await opened.collector[Symbol.asyncDispose]();
      expect(new Set(opened.next.taken.map(({ signal }) => signal))).toEqual(new Set(signals));
      expect(opened.around.ledger.droppedRows()).toEqual([]);
    });

    test("may be closed twice, and without anything read", async () => {
      await using from = await source();
      const { collector } = await openPuller(definition, from.config);
      await collector[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
    });
  });
}
