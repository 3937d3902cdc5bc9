import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Outlet } from "../../../collector/pipeline/define.ts";
import { limitsOf, memoryLimiter, memoryLimiterOver } from "../../../collector/processors/memory_limiter/memory-limiter.ts";
import type { ProcessMemory } from "../../../collector/processors/memory_limiter/process-memory.ts";
import { basket, context, logs, surroundings } from "../pipeline/river.ts";

const MIB = 1024 * 1024;

class TestMemory implements ProcessMemory {
  usedMib = 10;
  garbageMib: number | undefined;
  ms = 0;
  usedBytes = (): number => this.usedMib * MIB;
  totalBytes = (): number => 1000 * MIB;
  nowMs = (): number => this.ms;
  collectGarbage(): boolean {
    if (this.garbageMib === undefined) return false;
    this.usedMib -= this.garbageMib;
    return true;
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function opened(memory: TestMemory, keys: object = { check_interval: "1s", limit_mib: 100 }) {
  const definition = memoryLimiterOver(memory);
  const next = basket();
  const around = surroundings();
  const outlet: Outlet = { signals: new Set(["logs"]), push: next.sink.push };
  return { stage: await definition.open(definition.config.parse(keys), outlet, context("memory_limiter", around)), next, around };
}

test("L-07 above the soft limit every push is refused as our overload, with a time to wait", async () => {
  const memory = new TestMemory();
  const { stage, next, around } = await opened(memory);
  await stage.push(logs(2));
  memory.usedMib = 81;
  vi.advanceTimersByTime(1000);
  await expect(stage.push(logs(3))).rejects.toMatchObject({ code: "REFUSED", overload: true, retryAfterMs: 1000 });
  memory.usedMib = 80;
  vi.advanceTimersByTime(1000);
  await stage.push(logs(3));
  expect(next.bodies()).toHaveLength(5);
  expect(around.meter.total("otelcol_processor_accepted_log_records", { processor: "memory_limiter" })).toBe(5);
  expect(around.meter.total("otelcol_processor_refused_log_records", { processor: "memory_limiter" })).toBe(3);
  expect(around.ledger.droppedRows()).toEqual([]);
  expect(around.log.lines.map((line) => line.level)).toEqual(["warn", "info"]);
  await stage[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

test("garbage is collected before anything is refused, at once above the hard limit and at intervals above the soft one", async () => {
  const memory = new TestMemory();
  memory.garbageMib = 30;
  memory.ms = 1e6;
  const { stage, around } = await opened(memory);
  const collections = (): number => around.meter.total("pitwall_memory_limiter_forced_gc");
  memory.usedMib = 85;
  vi.advanceTimersByTime(1000);
  await stage.push(logs(1));
  expect(collections()).toBe(1);
  memory.usedMib = 85;
  vi.advanceTimersByTime(1000);
  await expect(stage.push(logs(1))).rejects.toMatchObject({ code: "REFUSED" });
  expect(collections()).toBe(1);
  memory.usedMib = 101;
  vi.advanceTimersByTime(1000);
  await stage.push(logs(1));
  expect(collections()).toBe(2);
  await stage[Symbol.asyncDispose]();
});

test("limits come from MiB or from a share of what there is, less the spike", () => {
  const limits = (keys: object) => limitsOf(memoryLimiter.config.parse({ check_interval: "1s", ...keys }) as never, 2000 * MIB);
  const mib = (keys: object) => [limits(keys).hardBytes / MIB, limits(keys).softBytes / MIB];
  expect(mib({ limit_mib: 500 })).toEqual([500, 400]);
  expect(mib({ limit_mib: 500, spike_limit_mib: 50 })).toEqual([500, 450]);
  expect(mib({ limit_percentage: 50 })).toEqual([1000, 800]);
  expect(mib({ limit_percentage: 50, spike_limit_percentage: 20 })).toEqual([1000, 600]);
});

test.each([
  [{ check_interval: "0s", limit_mib: 10 }, "check_interval"],
  [{ limit_mib: 10 }, "check_interval"],
  [{ check_interval: "1s" }, "limit_mib"],
  [{ check_interval: "1s", limit_mib: 10, spike_limit_mib: 10 }, "spike_limit_mib"],
  [{ check_interval: "1s", limit_percentage: 20, spike_limit_percentage: 30 }, "spike_limit_percentage"],
])("%j is refused at %s", (keys, path) => {
  expect(memoryLimiter.config.safeParse(keys).error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
});
