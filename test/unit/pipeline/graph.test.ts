import { expect, test } from "vitest";
import type { Signal } from "../../../collector/model/batch.ts";
import { LoadError } from "../../../collector/model/errors.ts";
import { type ExtensionDefinition, Refused, Rejected, type StageDefinition } from "../../../collector/pipeline/define.ts";
import { openCollector } from "../../../collector/pipeline/graph.ts";
import { basket, collectorConfig, handReceiver, logs, openRiver, surroundings } from "./river.ts";

const stageOf = (type: string, open: StageDefinition["open"], produces?: readonly Signal[]): StageDefinition => ({
  kind: "stage",
  type,
  about: "A stage of the test.",
  signals: ["traces", "metrics", "logs"],
  config: handReceiver().definition.config,
  open,
  ...(produces === undefined ? {} : { produces }),
});
const refusal = (retryAfterMs = 100): Refused => new Refused("not now", { retryAfterMs, overload: false });

test("what goes in at a receiver comes out of the exporter and the ledger balances", async () => {
  const hand = handReceiver();
  const out = basket();
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { out: out.definition },
    pipelines: [{ id: "logs", receivers: ["hand"], exporters: ["out"] }],
  });
  await hand.push(logs(3));
  await collector[Symbol.asyncDispose]();
  expect(out.bodies()).toEqual(["log-0", "log-1", "log-2"]);
  expect(around.ledger.balance("logs")).toEqual({ signal: "logs", received: 3, copied: 0, exported: 3, dropped: 0, inFlight: 0 });
  expect(around.meter.total("otelcol_exporter_sent_log_records", { exporter: "out", data_type: "logs" })).toBe(3);
});

test("one receiver feeds every pipeline that names it, and the copies are counted", async () => {
  const hand = handReceiver();
  const [a, b, c] = [basket(), basket(), basket()];
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { a: a.definition, b: b.definition, c: c.definition },
    pipelines: [
      { id: "logs", receivers: ["hand"], exporters: ["a", "b"] },
      { id: "logs/2", receivers: ["hand"], exporters: ["c"] },
    ],
  });
  expect(hand.out().signals).toEqual(new Set(["logs"]));
  await hand.push(logs(2));
  await collector[Symbol.asyncDispose]();
  expect([a, b, c].map((out) => out.bodies().length)).toEqual([2, 2, 2]);
  expect(around.ledger.balance("logs")).toMatchObject({ received: 2, copied: 4, exported: 6, inFlight: 0 });
});

test("when one of three ways refuses, the sender hears it and every way that took the batch is a copy", async () => {
  const hand = handReceiver();
  const [a, b] = [basket(), basket()];
  const shy = basket((_batch, attempt) => (attempt === 1 ? Promise.reject(refusal(700)) : undefined));
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { a: a.definition, shy: shy.definition, b: b.definition },
    pipelines: [{ id: "logs", receivers: ["hand"], exporters: ["a", "shy", "b"] }],
  });
  await expect(hand.push(logs(5))).rejects.toMatchObject({ code: "REFUSED", retryAfterMs: 700 });
  expect(around.ledger.balance("logs")).toMatchObject({ received: 0, copied: 10, exported: 10, inFlight: 0 });
  await hand.push(logs(5));
  await collector[Symbol.asyncDispose]();
  expect(around.ledger.balance("logs")).toMatchObject({ received: 5, copied: 20, exported: 25, inFlight: 0 });
});

test("of several rejections the largest goes upstream and each is counted under its exporter", async () => {
  const hand = handReceiver();
  const small = basket(() => Promise.reject(new Rejected("one is bad", { items: 1, reason: "bad_id" })));
  const large = basket(() =>
    Promise.reject(
      new Rejected("two are bad", {
        items: 2,
        reason: "bad_value",
        parts: [
          { reason: "bad_value", items: 1 },
          { reason: "too_old", items: 1 },
        ],
      }),
    ),
  );
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { small: small.definition, large: large.definition },
    pipelines: [{ id: "logs", receivers: ["hand"], exporters: ["small", "large"] }],
  });
  await expect(hand.push(logs(4))).rejects.toMatchObject({ code: "REJECTED", items: 2 });
  await collector[Symbol.asyncDispose]();
  expect(around.ledger.droppedRows()).toEqual([
    { signal: "logs", component: "small", reason: "bad_id", items: 1 },
    { signal: "logs", component: "large", reason: "bad_value", items: 1 },
    { signal: "logs", component: "large", reason: "too_old", items: 1 },
  ]);
  expect(around.ledger.balance("logs")).toMatchObject({ received: 4, copied: 4, exported: 5, dropped: 3, inFlight: 0 });
});

test("a fault in an exporter costs its batch only, is logged as ours, and is told upstream as a rejection", async () => {
  const hand = handReceiver();
  const out = basket((_batch, attempt) => {
    if (attempt === 1) throw new TypeError("undefined is not a function");
  });
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { out: out.definition },
    pipelines: [{ id: "logs", receivers: ["hand"], exporters: ["out"] }],
  });
  await expect(hand.push(logs(2, "first"))).rejects.toMatchObject({ code: "REJECTED", items: 2, reason: "fault" });
  await hand.push(logs(2, "second"));
  await collector[Symbol.asyncDispose]();
  expect(out.bodies()).toEqual(["second-0", "second-1"]);
  expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "out", reason: "fault", items: 2 }]);
  expect(around.log.lines).toContainEqual(
    expect.objectContaining({ level: "error", fields: expect.objectContaining({ code: "E_INTERNAL", component: "out" }) }),
  );
  expect(around.ledger.balance("logs").inFlight).toBe(0);
});

test("a stage's own rejection is counted once under its id, however many wrappers it passes", async () => {
  const hand = handReceiver();
  const always = new Rejected("the first is bad", { items: 1, reason: "bad_first" });
  const picky = stageOf("picky", async (_config, next) => ({
    async push(batch) {
      for (const piece of batch.split(1).slice(1)) await next.push(piece);
      throw always;
    },
    async [Symbol.asyncDispose]() {},
  }));
  const through = stageOf("through", async (_config, next) => ({ push: (batch) => next.push(batch), async [Symbol.asyncDispose]() {} }));
  const out = basket();
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    processors: { through: { definition: through, config: {} }, picky: { definition: picky, config: {} } },
    exporters: { out: out.definition },
    pipelines: [{ id: "logs", receivers: ["hand"], processors: ["through", "picky"], exporters: ["out"] }],
  });
  await expect(hand.push(logs(3))).rejects.toMatchObject({ items: 1, reason: "bad_first" });
  await expect(hand.push(logs(3))).rejects.toMatchObject({ items: 1, reason: "bad_first" });
  await collector[Symbol.asyncDispose]();
  expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "picky", reason: "bad_first", items: 2 }]);
  expect(around.ledger.balance("logs")).toMatchObject({ received: 6, exported: 4, inFlight: 0 });
  expect(around.meter.total("otelcol_processor_incoming_items", { processor: "picky" })).toBe(6);
  expect(around.meter.total("otelcol_processor_outgoing_items", { processor: "picky" })).toBe(4);
});

test("a connector ends one pipeline and begins another: its items are exported and received", async () => {
  const hand = handReceiver();
  const out = basket();
  const aside = basket();
  const forward = stageOf("forward", async (_config, next) => ({ push: (batch) => next.push(batch), async [Symbol.asyncDispose]() {} }), ["logs"]);
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    connectors: { forward: { definition: forward, config: {} } },
    exporters: { out: out.definition, aside: aside.definition },
    pipelines: [
      { id: "logs/in", receivers: ["hand"], exporters: ["forward", "aside"] },
      { id: "logs/out", receivers: ["forward"], exporters: ["out"] },
    ],
  });
  await hand.push(logs(4));
  await collector[Symbol.asyncDispose]();
  expect([out.bodies().length, aside.bodies().length]).toEqual([4, 4]);
  expect(around.ledger.balance("logs")).toEqual({ signal: "logs", received: 8, copied: 4, exported: 12, dropped: 0, inFlight: 0 });
});

test("components are closed from the sender's side to the target's, and readiness is told before", async () => {
  const order: string[] = [];
  const hand = handReceiver();
  const closing = (name: string) => ({
    async [Symbol.asyncDispose]() {
      order.push(name);
    },
  });
  const out = basket();
  const extension: ExtensionDefinition = {
    kind: "extension",
    type: "watcher",
    about: "Watches.",
    config: hand.definition.config,
    open: async () => ({ ...closing("extension"), ready: (isReady) => void order.push(`ready ${isReady}`) }),
  };
  const stage = (name: string) => stageOf(name, async (_config, next) => ({ ...closing(name), push: (batch) => next.push(batch) }));
  const { collector } = await openRiver({
    receivers: { hand: { ...hand.definition, open: async () => closing("receiver") } },
    processors: { p1: { definition: stage("p1"), config: {} }, p2: { definition: stage("p2"), config: {} } },
    exporters: { out: { ...out.definition, open: async () => ({ ...closing("exporter"), push: out.sink.push }) } },
    extensions: { watcher: { definition: extension, config: {} } },
    pipelines: [{ id: "logs", receivers: ["hand"], processors: ["p1", "p2"], exporters: ["out"] }],
  });
  expect(collector.isReady).toBe(true);
  await collector[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
  expect(collector.isReady).toBe(false);
  expect(order).toEqual(["ready true", "ready false", "receiver", "p1", "p2", "exporter", "extension"]);
});

test("when a receiver cannot listen, what was open is closed again and the error names it", async () => {
  const hand = handReceiver();
  const closed: string[] = [];
  const out = basket();
  const inUse = Object.assign(new Error("listen EADDRINUSE: address already in use 127.0.0.1:4317"), { code: "EADDRINUSE" });
  const config = collectorConfig({
    receivers: { hand: { ...hand.definition, open: () => Promise.reject(inUse) } },
    exporters: {
      out: {
        ...out.definition,
        open: async () => ({
          push: out.sink.push,
          async [Symbol.asyncDispose]() {
            closed.push("out");
          },
        }),
      },
    },
    pipelines: [{ id: "logs", receivers: ["hand"], exporters: ["out"] }],
  });
  const opening = openCollector(config, surroundings());
  await expect(opening).rejects.toBeInstanceOf(LoadError);
  await expect(opening).rejects.toMatchObject({ code: "E_PORT_IN_USE", message: expect.stringContaining("receiver hand") });
  expect(closed).toEqual(["out"]);
});

test("a component that hangs or fails while closing does not keep the others open", async () => {
  const hand = handReceiver();
  const out = basket();
  const { collector, around } = await openRiver(
    {
      receivers: { hand: { ...hand.definition, open: async () => ({ [Symbol.asyncDispose]: () => new Promise<void>(() => {}) }) } },
      exporters: {
        out: { ...out.definition, open: async () => ({ push: out.sink.push, [Symbol.asyncDispose]: () => Promise.reject(new Error("no")) }) },
      },
      pipelines: [{ id: "logs", receivers: ["hand"], exporters: ["out"] }],
    },
    20,
  );
  await collector[Symbol.asyncDispose]();
  expect(around.log.lines.map((line) => line.message)).toEqual(["did not close in time; going on without it", "failed while closing"]);
});

test("what no pipeline takes is rejected with a reason of its own", async () => {
  const hand = handReceiver();
  const out = basket();
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { out: out.definition },
    pipelines: [{ id: "traces", receivers: ["hand"], exporters: ["out"] }],
  });
  await expect(hand.push(logs(2))).rejects.toMatchObject({ code: "REJECTED", reason: "no_pipeline" });
  await collector[Symbol.asyncDispose]();
  expect(around.ledger.balance("logs")).toMatchObject({ received: 2, dropped: 2, inFlight: 0 });
});
