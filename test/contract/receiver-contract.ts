import { describe, expect, test } from "vitest";
import type { Batch } from "../../collector/model/batch.ts";
import type { ReceiverDefinition } from "../../collector/pipeline/define.ts";
import { Refused, Rejected } from "../../collector/pipeline/sink.ts";
import { basket, bodies, logs, openRiver, type River, turn } from "../unit/pipeline/river.ts";
import { draws } from "./draws.ts";

/** What a sender heard. `again`: its data is still its own, and the answer says when to come back. */
export type Answer =
  | { readonly kind: "taken" }
  | { readonly kind: "again"; readonly hasRetryTime: boolean }
  | { readonly kind: "partial"; readonly rejected: number }
  | { readonly kind: "permanent" }
  | { readonly kind: "broken" };

export interface Sender extends AsyncDisposable {
  send(batch: Batch): Promise<Answer>;
}

export interface ReceiverCase {
  /** How the case is told apart, e.g. the protocol. */
  readonly name: string;
  /** Keys of a config that listens on a free port and takes requests up to `maxMib`. */
  readonly config: (maxMib: number) => object;
  /** `listens`: lines `component protocol address`. */
  readonly sender: (listens: readonly string[]) => Promise<Sender>;
}

interface Opened extends River {
  readonly next: ReturnType<typeof basket>;
}

async function openReceiver(definition: ReceiverDefinition, keys: object, answer?: Parameters<typeof basket>[0]): Promise<Opened> {
  const next = basket(answer);
  const configured = definition.config.parse(keys);
  const river = await openRiver({
    receivers: { in: { ...definition, open: (_none, out, context) => definition.open(configured, out, context) } },
    exporters: { next: next.definition },
    pipelines: [{ id: "logs", receivers: ["in"], exporters: ["next"] }],
  });
  return { ...river, next };
}

/** What every receiver whose senders wait for an answer owes. */
export function receiverContract(definition: ReceiverDefinition, { name, config, sender }: ReceiverCase): void {
  describe(name, () => {
    test("loses nothing when the pipeline refuses at random and senders try again", async () => {
      const random = draws(11);
      const { collector, around, next } = await openReceiver(definition, config(1), () =>
        random() < 0.5 ? Promise.reject(new Refused("not now", { retryAfterMs: 1, overload: random() < 0.5 })) : undefined,
      );
      const batches = Array.from({ length: 20 }, (_, index) => logs(1 + (index % 4), `b${index}`));
      await using senders = await sender(around.listens);
      for (const batch of batches) {
        let answer = await senders.send(batch);
        for (; answer.kind === "again"; answer = await senders.send(batch)) expect(answer.hasRetryTime).toBe(true);
        expect(answer).toEqual({ kind: "taken" });
      }
      await collector[Symbol.asyncDispose]();
      const sent = batches.flatMap(bodies);
      expect(next.bodies()).toEqual(sent);
      expect(around.ledger.balance("logs")).toEqual({
        signal: "logs",
        received: sent.length,
        copied: 0,
        exported: sent.length,
        dropped: 0,
        inFlight: 0,
      });
    });

    test("tells the sender how many items were rejected further down", async () => {
      const { collector, around } = await openReceiver(definition, config(1), () =>
        Promise.reject(new Rejected("two are bad", { items: 2, reason: "bad_id" })),
      );
      await using senders = await sender(around.listens);
      expect(await senders.send(logs(5))).toEqual({ kind: "partial", rejected: 2 });
      await collector[Symbol.asyncDispose]();
      expect(around.ledger.balance("logs")).toMatchObject({ received: 5, exported: 3, dropped: 2, inFlight: 0 });
    });

    test("turns a request above its limit away for good, without harm to others", async () => {
      const { collector, around, next } = await openReceiver(definition, config(1));
      await using senders = await sender(around.listens);
      const huge = logs(1, "x".repeat(2 * 1024 * 1024));
      const answers = await Promise.all([senders.send(logs(2, "before")), senders.send(huge), senders.send(logs(2, "after"))]);
      expect(answers.map((answer) => answer.kind)).toEqual(["taken", "permanent", "taken"]);
      await collector[Symbol.asyncDispose]();
      expect([...next.bodies()].sort()).toEqual([...bodies(logs(2, "after")), ...bodies(logs(2, "before"))]);
      expect(around.ledger.balance("logs")).toMatchObject({ received: 4, exported: 4, dropped: 0, inFlight: 0 });
    });

    test("closing in the middle of requests answers what was taken, and takes exactly what it answered", async () => {
      const gate = Promise.withResolvers<void>();
      const { collector, around, next } = await openReceiver(definition, config(1), () => gate.promise);
      await using senders = await sender(around.listens);
      const batches = Array.from({ length: 5 }, (_, index) => logs(2, `b${index}`));
      const sent = batches.map((batch) => senders.send(batch));
      while (next.attempts() < batches.length) await turn();
      const closed = collector[Symbol.asyncDispose]();
      gate.resolve();
      const answers = await Promise.all(sent);
      await closed;
      const taken = batches.filter((_, index) => answers[index]?.kind === "taken").flatMap(bodies);
      expect([...next.bodies()].sort()).toEqual([...taken].sort());
      expect(taken).toHaveLength(10);
      expect(around.ledger.balance("logs")).toMatchObject({ received: 10, exported: 10, dropped: 0, inFlight: 0 });
      expect((await senders.send(logs(1, "late"))).kind).toBe("broken");
    });

    test("may be closed twice", async () => {
      const { collector } = await openReceiver(definition, config(1));
      await collector[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
    });
  });
}
