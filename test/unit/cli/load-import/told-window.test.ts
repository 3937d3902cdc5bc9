import { expect, test } from "vitest";
import { ToldWindow } from "../../../../collector/cli/load-import/told-window.ts";
import { BLANK_AGGREGATE, BLANK_REQUEST } from "../../../../collector/model/load-record.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";

const request = (startMs: number, endMs?: number) => ({
  ...BLANK_REQUEST,
  startUnixNano: unixNanoFromMs(startMs),
  endUnixNano: endMs === undefined ? undefined : unixNanoFromMs(endMs),
});

test("lasts from the first request to the last, whatever their order", () => {
  const told = new ToldWindow();
  for (const item of [request(5000, 5010), request(2000, 9000), request(3000)]) told.item(item);
  expect(told.window).toEqual({ startUnixMs: 2000, endUnixMs: 9000, durationMs: 0 });
});

test("of a generator that only says how long, that; of nothing, nothing", () => {
  const told = new ToldWindow();
  told.item({ ...BLANK_AGGREGATE, durationSeconds: 30 });
  expect(told.window).toEqual({ startUnixMs: undefined, endUnixMs: undefined, durationMs: 30_000 });
  expect(new ToldWindow().window).toEqual({ startUnixMs: undefined, endUnixMs: undefined, durationMs: 0 });
});

test("samples count only where there is no request", () => {
  const sample = (ms: number) => ({
    kind: "sample" as const,
    name: "rss",
    type: "gauge" as const,
    unit: "By",
    timeUnixNano: unixNanoFromMs(ms),
    value: 1,
  });
  const told = new ToldWindow();
  told.item({ ...sample(1000), tags: BLANK_REQUEST.tags });
  told.item({ ...sample(7000), tags: BLANK_REQUEST.tags });
  expect(told.window).toMatchObject({ startUnixMs: 1000, endUnixMs: 7000 });
  told.item(request(3000, 4000));
  expect(told.window).toMatchObject({ startUnixMs: 3000, endUnixMs: 4000 });
});
