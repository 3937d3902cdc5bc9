import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Batch } from "../../collector/model/batch.ts";
import type { StageDefinition } from "../../collector/pipeline/define.ts";
import { Refused } from "../../collector/pipeline/sink.ts";
import { basket, handReceiver, openRiver, sendUntilTaken } from "../unit/pipeline/river.ts";
import { draws } from "./draws.ts";

export interface ConnectorCase {
  /** Keys of a config with which everything produces something. */
  readonly config: object;
  batch(count: number, name: string): Batch;
  /** What it needs before anything begins in it; is given what listens: `component protocol address`. */
  prepare?(listens: readonly string[]): Promise<void>;
}

/** What every connector owes: items end in it and others begin, and both balance. */
export function connectorContract(definition: StageDefinition, { config, batch, prepare }: ConnectorCase): void {
  const { signal } = batch(1, "probe");
  const produced = definition.produces?.[0] ?? signal;

  describe(definition.type, () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
      vi.setTimerTickMode("nextTimerAsync");
    });
    afterEach(() => void vi.useRealTimers());

    test.each([0, 0.5])("what ends in it and what begins in it balances, %d of the pushes after it refused", async (ratio) => {
      const random = draws(5);
      const hand = handReceiver();
      const next = basket(() => (random() < ratio ? Promise.reject(new Refused("not now", { retryAfterMs: 0, overload: false })) : undefined));
      const { collector, around } = await openRiver({
        receivers: { hand: hand.definition },
        connectors: { between: { definition, config: definition.config.parse(config) } },
        exporters: { next: next.definition },
        pipelines: [
          { id: `${signal}/in`, receivers: ["hand"], exporters: ["between"] },
          { id: `${produced}/out`, receivers: ["between"], exporters: ["next"] },
        ],
      });
      await prepare?.(around.listens);
      for (let index = 0; index < 10; index++) await sendUntilTaken(hand, batch(3, `b${index}`));
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      await collector[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
      expect(around.ledger.exportedRows()).toContainEqual({ signal, component: "between", items: 30 });
      expect(around.ledger.balance(signal).inFlight).toBe(0);
      expect(around.ledger.balance(produced).inFlight).toBe(0);
      const taken = next.taken.reduce((sum, one) => sum + one.count, 0);
      expect(taken).toBeGreaterThan(0);
      expect(around.ledger.exportedRows()).toContainEqual({ signal: produced, component: "next", items: taken });
    });
  });
}
