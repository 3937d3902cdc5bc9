import { describe, expect, test, vi } from "vitest";
import type { Batch } from "../../collector/model/batch.ts";
import type { ExporterDefinition } from "../../collector/pipeline/define.ts";
import { Refused } from "../../collector/pipeline/sink.ts";
import { context, handReceiver, openRiver, type River, type TestSurroundings } from "../unit/pipeline/river.ts";

/** Where an exporter's data go in a test. */
export interface ExporterTarget extends AsyncDisposable {
  /** Keys of the config that lead there. */
  readonly config: object;
  /** The names of all items that arrived, in any order. Undefined: the exporter keeps nothing. */
  arrived(around: TestSurroundings): Promise<readonly string[] | undefined>;
}

export interface ExporterCase {
  /** `count` items named `name-0` … */
  batch(count: number, name: string): Batch;
  /** `unavailableRatio`: how many of the requests the target turns away at random, 0..1. */
  open(unavailableRatio: number): Promise<ExporterTarget>;
  /** The target is a peer that may be away. */
  readonly isRemote: boolean;
  /** What arrives is a state (the last point of a series), not a stream. */
  readonly isState?: boolean;
}

interface Opened extends River {
  readonly push: (batch: Batch) => Promise<void>;
}

async function openExporter(definition: ExporterDefinition, signal: string, keys: object): Promise<Opened> {
  const hand = handReceiver();
  const river = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { out: { definition, config: definition.config.parse(keys) } },
    pipelines: [{ id: signal, receivers: ["hand"], exporters: ["out"] }],
  });
  return { ...river, push: hand.push };
}

/** Waits that are short enough for a test; only queued exporters have these keys. */
const IMPATIENT = { retry_on_failure: { initial_interval: "2ms", max_interval: "10ms", max_elapsed_time: 0 } };

/** What every exporter owes, whatever it speaks. */
export function exporterContract(definition: ExporterDefinition, { batch, open, isRemote, isState = false }: ExporterCase): void {
  const { signal } = batch(1, "probe");
  const batches = Array.from({ length: 20 }, (_, index) => batch(1 + (index % 5), `b${index}`));
  const names = Array.from({ length: 20 }, (_, index) => Array.from({ length: 1 + (index % 5) }, (__, item) => `b${index}-${item}`)).flat();
  const riverKeys = definition.queued === true ? IMPATIENT : {};

  describe(definition.type, () => {
    test("what it took has arrived when it is closed, and the ledger balances", async () => {
      await using target = await open(0);
      const { collector, around, push } = await openExporter(definition, signal, { ...target.config, ...riverKeys });
      for (const one of batches) await push(one);
      const arrivedBefore = isState ? await target.arrived(around) : undefined;
      await collector[Symbol.asyncDispose]();
      const arrived = arrivedBefore ?? (await target.arrived(around));
      if (arrived !== undefined) expect([...arrived].sort()).toEqual([...names].sort());
      expect(around.ledger.balance(signal)).toMatchObject({ received: names.length, exported: names.length, dropped: 0, inFlight: 0 });
    });

    test("when it is closed it takes nothing more", async () => {
      await using target = await open(0);
      const { collector, around, push } = await openExporter(definition, signal, target.config);
      await collector[Symbol.asyncDispose]();
      await expect(push(batch(1, "late"))).rejects.toBeInstanceOf(Refused);
      expect(around.ledger.balance(signal)).toMatchObject({ received: 0, exported: 0, inFlight: 0 });
    });

    test("it may be closed twice", async () => {
      await using target = await open(0);
      const exporter = await definition.open(definition.config.parse(target.config), context("out"));
      await exporter[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
    });

    if (!isRemote) return;

    test("A-3 a target that turns 70 % of the requests away at random gets everything in the end", async () => {
      await using target = await open(0.7);
      const { collector, around, push } = await openExporter(definition, signal, { ...target.config, ...riverKeys });
      for (const one of batches) await push(one);
      await vi.waitFor(() => expect(around.ledger.balance(signal).exported).toBe(names.length), { timeout: 15_000 });
      await collector[Symbol.asyncDispose]();
      expect([...((await target.arrived(around)) ?? [])].sort()).toEqual([...names].sort());
      expect(around.ledger.balance(signal)).toMatchObject({ dropped: 0, inFlight: 0 });
    });

    test("L-03 what a target that is away has not taken at the end is counted as shutdown", async () => {
      await using target = await open(1);
      const { collector, around, push } = await openExporter(definition, signal, {
        ...target.config,
        retry_on_failure: { initial_interval: "1h", max_interval: "1h", max_elapsed_time: 0 },
      });
      await push(batch(3, "lost"));
      await collector[Symbol.asyncDispose]();
      expect(around.ledger.droppedRows()).toEqual([{ signal, component: "out", reason: "shutdown", items: 3 }]);
      expect(around.ledger.balance(signal)).toMatchObject({ received: 3, exported: 0, dropped: 3, inFlight: 0 });
    });
  });
}
