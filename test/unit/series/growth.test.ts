import { expect, test } from "vitest";
import { Cells } from "../../../collector/series/cells.ts";
import { grownSize, resized } from "../../../collector/series/growth.ts";
import { EPOCH_MS, gauge, metric, number } from "../exporters/prometheus/lab.ts";
import { openStoreLab } from "./lab.ts";

test("a column keeps what is in it while it grows from bytes to megabytes", () => {
  let column = new Uint32Array(4).map((_, index) => index);
  while (column.length < 1_000_000) {
    const before = column.length;
    column = resized(column, grownSize(before));
    for (let index = before; index < column.length; index++) column[index] = index;
  }
  expect(column.findIndex((value, index) => value !== index)).toBe(-1);
});

test("cells beyond a megabyte are zeroed runs, whose words are the same memory", () => {
  const cells = new Cells();
  const starts = Array.from({ length: 300_000 }, () => cells.allocate(2));
  for (const start of starts) cells.values[start] = start + 0.5;
  expect(starts.every((start) => cells.values[start] === start + 0.5 && cells.values[start + 1] === 0)).toBe(true);
  cells.words[2] = 7;
  expect(new Uint32Array(cells.values.buffer)[2]).toBe(7);
});

test("200 000 series are found again, and half of them expire", () => {
  const lab = openStoreLab({ maxSeries: 1_000_000, listens: false, expirationIntervals: 0 });
  const push = (time: number, from: number, to: number) => {
    for (let start = from; start < to; start += 10_000) {
      const points = Array.from({ length: 10_000 }, (_, index) => number(time, { attributes: { id: start + index, half: `${index % 2}` }, time }));
      expect(lab.push(time, metric("g", gauge(...points)))).toEqual({});
    }
  };
  push(10, 0, 200_000);
  push(400, 100_000, 200_000);
  const { table } = lab.store;
  expect(table.live).toBe(200_000);
  expect(lab.store.expire(EPOCH_MS + 401_000)).toBe(100_000);
  const family = lab.store.families.sorted()[0];
  const ids = [...(family?.series ?? [])].map((series) => Number(lab.store.labels(series).find(([name]) => name === "id")?.[1]));
  expect([ids.length, Math.min(...ids.slice(0, 100)), Math.max(...ids.slice(-100))]).toEqual([100_000, 100_000, 199_999]);
  push(410, 150_000, 160_000);
  expect(table.live).toBe(100_000);
});
