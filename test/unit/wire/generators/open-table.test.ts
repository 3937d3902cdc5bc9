import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsvFields } from "../../../../collector/wire/generators/csv-fields.ts";
import { openTable } from "../../../../collector/wire/generators/open-table.ts";

const quoted = (field: string) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

function read(lines: readonly string[]) {
  const rows: (readonly string[])[] = [];
  const table = openTable({
    required: ["a"],
    onRow({ fields }) {
      rows.push(fields);
      return "accepted";
    },
  });
  for (const line of lines) table.push(line);
  table.end();
  return { rows, account: table.account };
}

test("fields come back as they were written", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom("x", '"', ",", "\n", "é") }), { minLength: 1, maxLength: 5 }), (fields) => {
      expect(parseCsvFields(fields.map(quoted).join(","))).toEqual(fields);
    }),
  );
});

test("a quoted field may go over lines", () => {
  const { rows, account } = read(["a,b", '1,"x', "", 'y"', "2,z"]);
  expect(rows).toEqual([
    ["1", "x\n\ny"],
    ["2", "z"],
  ]);
  expect(account).toMatchObject({ lines: 5, accepted: 4, skipped: 1, rejected: 0 });
});

test("a stray quote costs its own line only", () => {
  const { rows, account } = read(["a,b", '1,"x', "2,y", '3,"z"', "4,w"]);
  expect(rows).toEqual([
    ["2", "y"],
    ["3", "z"],
    ["4", "w"],
  ]);
  expect([...account.reasons]).toEqual([["open_quote", { count: 1, firstLine: 2 }]]);
});

test("a quote that never closes costs its own line only, however long the file", () => {
  const { rows, account } = read(["a,b", '1,"x', ...Array.from({ length: 1000 }, (_, index) => `${index},y`)]);
  expect(rows).toHaveLength(1000);
  expect([...account.reasons]).toEqual([["open_quote", { count: 1, firstLine: 2 }]]);
});

test("a row of another width is rejected by its number", () => {
  const { rows, account } = read(["a,b", "1,2", "1", "1,2,3", "3,4"]);
  expect(rows).toHaveLength(2);
  expect([...account.reasons]).toEqual([["bad_columns", { count: 2, firstLine: 3 }]]);
});

test("without its heading a table is not guessed at", () => {
  const { rows, account } = read(["1,2", "3,4"]);
  expect(rows).toEqual([]);
  expect([...account.reasons]).toEqual([["no_header", { count: 2, firstLine: 1 }]]);
});
