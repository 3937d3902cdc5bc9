import fc from "fast-check";
import { expect, test } from "vitest";
import { BodyCollector } from "../../../../collector/receivers/otlp/body.ts";
import { BufferPool } from "../../../../collector/receivers/otlp/buffer-pool.ts";

test("however a body is cut, it comes out whole", () => {
  const pool = new BufferPool();
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50_000 }), { maxLength: 12 }), fc.nat(200_000), (chunks, announced) => {
      const collector = new BodyCollector(pool, 1_000_000, announced);
      for (const chunk of chunks) expect(collector.add(Buffer.from(chunk))).toBe(true);
      const body = collector.finish();
      expect(Buffer.from(body.bytes).equals(Buffer.concat(chunks))).toBe(true);
      body.release();
    }),
    { numRuns: 60 },
  );
});

test("a body in one chunk is passed on without a copy", () => {
  const chunk = Buffer.from("whole");
  const collector = new BodyCollector(new BufferPool(), 100, chunk.length);
  collector.add(chunk);
  expect(collector.finish().bytes).toBe(chunk);
});

test("at the limit a body still fits, one byte more does not, and its buffer goes back", () => {
  const pool = new BufferPool();
  const collector = new BodyCollector(pool, 10, 10);
  expect(collector.add(Buffer.alloc(5))).toBe(true);
  expect(collector.add(Buffer.alloc(5))).toBe(true);
  expect(collector.add(Buffer.alloc(1))).toBe(false);
  expect(pool.idleBytes).toBeGreaterThan(0);
});

test("memory follows what has arrived, not what a sender announces", () => {
  const pool = new BufferPool();
  const collector = new BodyCollector(pool, 1_000_000_000, 1_000_000_000);
  collector.add(Buffer.alloc(1));
  collector.add(Buffer.alloc(1));
  collector.discard();
  expect(pool.idleBytes).toBeLessThanOrEqual(1_048_576);
});

test("a buffer that was given back is taken again; beyond 16 MiB nothing is kept", () => {
  const pool = new BufferPool();
  const buffer = pool.take(100_000);
  pool.give(buffer);
  expect(pool.take(70_000)).toBe(buffer);
  const many = Array.from({ length: 20 }, () => pool.take(1_048_576));
  for (const each of many) pool.give(each);
  expect(pool.idleBytes).toBe(16_777_216);
});
