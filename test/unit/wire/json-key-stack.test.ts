import { expect, test } from "vitest";
import { JsonKeyStack } from "../../../collector/wire/json-key-stack.ts";

/** Pushes a list of hashes, each under 100 and its place, and closes it. */
function closed(stack: JsonKeyStack, ...hashes: readonly number[]): readonly number[] | undefined {
  const base = stack.size;
  for (const [index, hash] of hashes.entries()) stack.push(hash, 100 + index);
  return stack.close(base);
}

test("lists whose hashes differ are done with; of others all places are given", () => {
  const stack = new JsonKeyStack();
  expect(closed(stack)).toBeUndefined();
  expect(closed(stack, 1)).toBeUndefined();
  expect(closed(stack, 1, 2, 3)).toBeUndefined();
  expect(closed(stack, 1, 2, 3)).toBeUndefined();
  expect(closed(stack, 1, 2, 1)).toEqual([100, 101, 102]);
  expect(closed(stack, 3, 2, 3)).toEqual([100, 101, 102]);
  expect(closed(stack, 3, 2, 1)).toBeUndefined();
});

test("a list within a list is apart from it, also where the stack has to grow", () => {
  const stack = new JsonKeyStack();
  const outer = stack.size;
  for (let key = 0; key < 200; key++) stack.push(key, key);
  expect(closed(stack, 5, 6)).toBeUndefined();
  expect(closed(stack, 5, 5)).toEqual([100, 101]);
  stack.push(7, 200);
  expect(stack.close(outer)).toHaveLength(201);
  expect(stack.size).toBe(0);
});
