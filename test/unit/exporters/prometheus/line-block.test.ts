import { array, assert, constantFrom, double, integer, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DECIMAL_BYTES, writeDecimal } from "../../../../collector/wire/decimal-text.ts";
import { formatValue } from "../../../../collector/wire/prometheus-text.ts";
import { LineBlock } from "../../../../exporters/prometheus/line-block.ts";
import { Page } from "../../../../exporters/prometheus/page.ts";

function written(value: number): string {
  const bytes = Buffer.alloc(MAX_DECIMAL_BYTES + 2);
  return bytes.toString("latin1", 2, writeDecimal(bytes, 2, value));
}

const VALUES = oneof(
  double(),
  integer({ min: -5, max: 2_000_000_000 }),
  integer({ min: 0, max: 4_294_967_300 }),
  integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((scaled) => scaled / 1000),
  integer({ min: 0, max: 999_999 }).map((scaled) => scaled / 1e6),
  constantFrom(0, -0, 1e21, 1e-7, 1e-6, 123456.789, 999999999.999999, 1e9, 4294967295, 4294967296, 2 ** 53, Number.NaN, Infinity, -Infinity, 5e-324),
);

test("a number is written as String writes it", () => {
  assert(
    property(VALUES, (value) => {
      expect(written(value)).toBe(formatValue(value));
    }),
    { numRuns: 3000 },
  );
});

describe("lines that are kept", () => {
  const step = oneof(
    VALUES,
    string({ maxLength: 20 }).map((text) => `1 # ${text.replaceAll("\n", "")}`),
  );

  test("say what lines rendered anew would say, whatever values come after one another", () => {
    const starts = array(
      string({ minLength: 1, maxLength: 90 }).map((text) => `${text.replaceAll("\n", "")} `),
      { minLength: 1, maxLength: 40 },
    );
    assert(
      property(starts, array(array(step, { minLength: 40, maxLength: 40 }), { minLength: 1, maxLength: 6 }), (lines, rounds) => {
        const block = new LineBlock();
        for (const line of lines) block.line(line);
        for (const round of rounds) {
          const page = new Page();
          page.text("before\n");
          block.begin(page);
          for (const index of lines.keys()) {
            const value = round[index] as number | string;
            if (typeof value === "number") block.number(value);
            else block.text(value);
          }
          block.end();
          const expected = lines.map((line, index) => `${line}${typeof round[index] === "number" ? formatValue(round[index]) : round[index]}\n`);
          expect(page.bytes.toString("utf8", 0, page.length)).toBe(Buffer.from(`before\n${expected.join("")}`, "utf8").toString("utf8"));
        }
      }),
      { numRuns: 150 },
    );
  });

  test("an exposition that has been written does not change with the next one", () => {
    const block = new LineBlock();
    block.line("a ");
    const pages = [1, 2, 30].map((value) => {
      const page = new Page();
      block.begin(page);
      block.number(value);
      block.end();
      return page;
    });
    expect(pages.map((page) => page.bytes.toString("utf8", 0, page.length))).toEqual(["a 1\n", "a 2\n", "a 30\n"]);
  });

  test("a value too few is an error, not a shifted page", () => {
    const block = new LineBlock();
    block.line("a ");
    block.line("b ");
    block.begin(new Page());
    block.number(1);
    expect(() => block.end()).toThrow(RangeError);
  });
});
