import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { StageDefinition } from "../../collector/pipeline/define.ts";
import { Refused, Rejected } from "../../collector/pipeline/sink.ts";
import { basket, bodies, handReceiver, logs, openRiver, type River, sendUntilTaken } from "../unit/pipeline/river.ts";
import { draws } from "./draws.ts";

export interface StageCase {
  /** Keys of a config with which the stage passes every log record on unchanged. */
  readonly config: object;
  /** True where records are held after they were accepted. */
  readonly holds: boolean;
}

interface Opened extends River {
  readonly hand: ReturnType<typeof handReceiver>;
  readonly next: ReturnType<typeof basket>;
}

async function openStage(definition: StageDefinition, keys: object, answer?: Parameters<typeof basket>[0]): Promise<Opened> {
  const hand = handReceiver();
  const next = basket(answer);
  const river = await openRiver({
    receivers: { hand: hand.definition },
    processors: { stage: { definition, config: definition.config.parse(keys) } },
    exporters: { next: next.definition },
    pipelines: [{ id: "logs", receivers: ["hand"], processors: ["stage"], exporters: ["next"] }],
  });
  return { ...river, hand, next };
}

const BATCHES = Array.from({ length: 30 }, (_, index) => logs(1 + (index % 7), `b${index}`));
const SENT = BATCHES.flatMap(bodies);

/** What every processor owes, whatever it does. */
export function stageContract(definition: StageDefinition, { config, holds }: StageCase): void {
  describe(definition.type, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
      vi.setTimerTickMode("nextTimerAsync");
    });
    afterEach(() => void vi.useRealTimers());

    test("passes the same items on, in order, and drains when it is closed", async () => {
      const { collector, hand, next, around } = await openStage(definition, config);
      for (const batch of BATCHES) await hand.push(batch);
      await collector[Symbol.asyncDispose]();
      expect(next.bodies()).toEqual(SENT);
      expect(around.ledger.balance("logs")).toMatchObject({ received: SENT.length, exported: SENT.length, dropped: 0, inFlight: 0 });
    });

    test("loses nothing when what follows refuses at random and senders try again", async () => {
      const random = draws(7);
      const { collector, hand, next, around } = await openStage(definition, config, () =>
        random() < 0.5 ? Promise.reject(new Refused("not now", { retryAfterMs: 0, overload: false })) : undefined,
      );
      for (const batch of BATCHES) await sendUntilTaken(hand, batch);
      await collector[Symbol.asyncDispose]();
      expect(next.bodies()).toEqual(SENT);
      expect(around.ledger.balance("logs")).toMatchObject({ received: SENT.length, exported: SENT.length, dropped: 0, inFlight: 0 });
    });

    test("counts nothing twice of what is rejected further down, and tells it or has accepted it", async () => {
      const { collector, hand, around } = await openStage(definition, config, (batch) =>
        Promise.reject(new Rejected("one is bad", { items: Math.min(1, batch.count), reason: "bad_one" })),
      );
      const told = await hand.push(logs(4)).then(
        () => 0,
        (error: Rejected) => error.items,
      );
      await collector[Symbol.asyncDispose]();
      expect(told).toBe(holds ? 0 : 1);
      expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "next", reason: "bad_one", items: 1 }]);
      expect(around.ledger.balance("logs")).toMatchObject({ received: 4, exported: 3, inFlight: 0 });
    });

    test("survives a fault further down", async () => {
      const { collector, hand, next, around } = await openStage(definition, config, (_batch, attempt) => {
        if (attempt === 1) throw new TypeError("a fault");
      });
      await hand.push(logs(2, "first")).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 3_600_000));
      await hand.push(logs(2, "second"));
      await collector[Symbol.asyncDispose]();
      expect(next.bodies()).toEqual(bodies(logs(2, "second")));
      expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "next", reason: "fault", items: 2 }]);
      expect(around.ledger.balance("logs").inFlight).toBe(0);
    });

    test("may be closed twice and takes nothing afterwards", async () => {
      const { collector, hand, around } = await openStage(definition, config);
      await hand.push(logs(2));
      await collector[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
      await expect(hand.push(logs(1))).rejects.toBeInstanceOf(Refused);
      expect(around.ledger.balance("logs")).toMatchObject({ received: 2, exported: 2, inFlight: 0 });
    });
  });
}
