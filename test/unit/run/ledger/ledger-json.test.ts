import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type AnyValue, Attributes, anyValue } from "../../../../collector/model/attributes.ts";
import { BLANK_AGGREGATE, type LoadAggregate } from "../../../../collector/model/load-record.ts";
import { formatLedgerJson, parseLedgerJson } from "../../../../collector/run/ledger/ledger-json.ts";

const key = fc.oneof(fc.string(), fc.constantFrom("$", "__proto__", "constructor", "toString"));
const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, undefined, true, false),
  fc.bigInt(),
  fc.uint8Array(),
);
const { any } = fc.letrec<{ any: unknown; attribute: AnyValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthIdentifier: "any" },
    leaf,
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(key, tie("any"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(fc.oneof(fc.double(), fc.string()), tie("any")), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(fc.tuple(key, tie("attribute")), { maxLength: 4 }).map((entries) => Attributes.of(entries)),
  ),
  attribute: fc.oneof(
    { maxDepth: 3, depthIdentifier: "any" },
    fc.oneof(fc.string(), fc.double(), fc.boolean()).map(anyValue),
    fc.bigInt().map((value): AnyValue => ({ kind: "int", value })),
    fc.uint8Array().map((value): AnyValue => ({ kind: "bytes", value })),
    fc.constant<AnyValue>({ kind: "empty", value: null }),
    fc.array(tie("attribute"), { maxLength: 3 }).map((value): AnyValue => ({ kind: "array", value })),
    fc.array(fc.tuple(key, tie("attribute")), { maxLength: 3 }).map((entries): AnyValue => ({ kind: "map", value: Attributes.of(entries) })),
  ),
}));

test("whatever plain data a ledger holds comes back as it went", () => {
  fc.assert(
    fc.property(any, (value) => {
      // Not `toStrictEqual`, which stumbles over objects with a key `constructor`.
      deepStrictEqual(parseLedgerJson(formatLedgerJson(value)), value);
    }),
    { numRuns: 500 },
  );
});

test("an aggregate keeps its statuses, tags and nanoseconds", () => {
  const aggregate: LoadAggregate = {
    ...BLANK_AGGREGATE,
    startUnixNano: 1_778_561_460_123_456_789n,
    statuses: new Map([
      [200, 990],
      [0, 10],
    ]),
    tags: Attributes.from({ testid: "run-7", ratio: 1.5, vus: 40, ok: true }),
  };
  const back = parseLedgerJson(formatLedgerJson(aggregate)) as LoadAggregate;
  expect(back).toStrictEqual(aggregate);
  expect(back.tags).toBeInstanceOf(Attributes);
  expect(back.tags.canonicalKey).toBe(aggregate.tags.canonicalKey);
});

test("plain data stays plain JSON, readable by any other program", () => {
  expect(JSON.parse(formatLedgerJson({ id: "a", labels: { b: "c" }, n: [1, 2.5, null] }))).toEqual({
    id: "a",
    labels: { b: "c" },
    n: [1, 2.5, null],
  });
});

test("what is no data is refused when written, and what was not written here when read", () => {
  expect(() => formatLedgerJson({ at: () => 1 })).toThrow(TypeError);
  expect(() => parseLedgerJson('{"$":["planet",1]}')).toThrow(TypeError);
  expect(() => parseLedgerJson('{"$":1}')).toThrow(TypeError);
  expect(() => parseLedgerJson("{")).toThrow(SyntaxError);
});
