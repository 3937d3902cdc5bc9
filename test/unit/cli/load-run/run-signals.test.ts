import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RunSignals } from "../../../../collector/cli/load-run/run-signals.ts";

let nowMs = 0;
beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function opened() {
  const told: (string | number)[] = [];
  const signals = new RunSignals(
    (code) => told.push(code),
    (stage) => told.push(stage),
  );
  const send = (signal: NodeJS.Signals, afterMs = 1000): void => {
    nowMs += afterMs;
    process.emit(signal, signal);
  };
  return { signals, told, send };
}

test("the first ends the load, the second the waiting, the third everything", () => {
  const { signals, told, send } = opened();
  using _signals = signals;
  send("SIGINT");
  expect([signals.stopLoad.aborted, signals.hurry.aborted, signals.first]).toEqual([true, false, "SIGINT"]);
  send("SIGTERM");
  expect([signals.hurry.aborted, signals.first]).toEqual([true, "SIGINT"]);
  send("SIGTERM");
  send("SIGINT");
  expect(told).toEqual(["load", "wait", 143, 130]);
});

test("after the load the first ends the waiting", () => {
  const { signals, told, send } = opened();
  using _signals = signals;
  signals.loadIsOver();
  send("SIGTERM");
  expect([signals.hurry.aborted, signals.first]).toEqual([true, "SIGTERM"]);
  expect(told).toEqual(["wait"]);
});

test("two within a moment are one; a terminal that closes is a wish to end", () => {
  const { signals, told, send } = opened();
  using _signals = signals;
  send("SIGHUP");
  send("SIGINT", 20);
  expect([signals.first, signals.hurry.aborted]).toEqual(["SIGTERM", false]);
  expect(told).toEqual(["load"]);
});

test("left alone when the run is over", () => {
  const before = process.listenerCount("SIGINT");
  const { signals } = opened();
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  signals[Symbol.dispose]();
  expect(process.listenerCount("SIGINT")).toBe(before);
});
