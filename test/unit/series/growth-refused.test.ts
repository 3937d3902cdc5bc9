import { expect, test, vi } from "vitest";

test("where the system gives no addresses, columns grow by copies, and it is asked only once", async () => {
  let asked = 0;
  class NoMemory {
    constructor() {
      asked++;
      throw new RangeError("could not allocate memory");
    }
  }
  vi.stubGlobal("WebAssembly", { Memory: NoMemory });
  const { resized } = await import("../../../collector/series/growth.ts");
  let column = Float64Array.of(1, 2, 3);
  for (const size of [200_000, 300_000, 400_000]) column = resized(column, size);
  vi.unstubAllGlobals();
  expect([...column.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  expect(column).toHaveLength(400_000);
  expect(asked).toBe(1);
});
