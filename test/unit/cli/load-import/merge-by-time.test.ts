import { expect, test } from "vitest";
import { mergeByTime } from "../../../../collector/cli/load-import/merge-by-time.ts";
import { BLANK_REQUEST, type LoadItem } from "../../../../collector/model/load-record.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";

const request = (endMs: number): LoadItem => ({ ...BLANK_REQUEST, endUnixNano: unixNanoFromMs(endMs) });
const file = (name: string, ...chunks: readonly (readonly number[])[]) => ({
  name,
  async *chunks() {
    for (const times of chunks) yield times.map(request);
  },
});

test("reads on in the file whose clock is behind, so that both views of a request come close together", async () => {
  const files = [file("client", [1000, 2000], [3000], [9000]), file("proxy", [1500], [2500, 2600], [8000])];
  const order: string[] = [];
  for await (const { file: read, reachedMs, slowestMs } of mergeByTime(files)) {
    order.push(`${read.name} ${reachedMs}`);
    expect(slowestMs).toBeLessThanOrEqual(reachedMs);
  }
  expect(order).toEqual(["client 2000", "proxy 1500", "proxy 2600", "client 3000", "proxy 8000", "client 9000"]);
});

test("a file without times does not hold the others up for ever", async () => {
  const untimed = {
    name: "summary",
    chunks: async function* () {
      yield [{ ...BLANK_REQUEST }] satisfies LoadItem[];
    },
  };
  const order: string[] = [];
  for await (const { file: read } of mergeByTime([file("client", [1000]), untimed])) order.push(read.name);
  expect(order.toSorted()).toEqual(["client", "summary"]);
});
