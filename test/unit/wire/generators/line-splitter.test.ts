import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "../../../../collector/wire/generators/line-splitter.ts";
import { openDocument, openLines } from "../../../../collector/wire/generators/open-lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function split(chunks: readonly Uint8Array[], maxLineBytes?: number) {
  const lines: string[] = [];
  const reader = openLines((line) => {
    lines.push(line);
    return "accepted";
  });
  const splitter = new LineSplitter(reader, maxLineBytes);
  for (const chunk of chunks) splitter.push(chunk);
  return { endsInside: splitter.end(), lines, account: reader.account };
}

test("LF and CRLF end a line, wherever the chunks are cut, even in a character", () => {
  const whole = bytes("äöü\r\nb\n\u{1F600}c");
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 6 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const chunks = places.slice(1).map((to, index) => whole.slice(places[index], to));
      expect(split(chunks).lines).toEqual(["äöü", "b", "\u{1F600}c"]);
    }),
  );
});

test("a chunk may be reused by whoever pushed it", () => {
  const chunk = bytes("ab");
  const reader: string[] = [];
  const splitter = new LineSplitter(
    openLines((line) => {
      reader.push(line);
      return "accepted";
    }),
  );
  splitter.push(chunk);
  chunk.fill(0x7a);
  splitter.push(bytes("c\n"));
  expect(reader).toEqual(["abc"]);
});

test("a line that is too long is counted and dropped, its neighbours are kept", () => {
  const { lines, account } = split([bytes("a\n"), bytes("x".repeat(50)), bytes("x".repeat(60)), bytes("\nb\n")], 100);
  expect(lines).toEqual(["a", "b"]);
  expect([...account.reasons]).toEqual([["line_too_long", { count: 1, firstLine: 2 }]]);
  expect(account.lines).toBe(3);
});

test("broken UTF-8 and NUL do not cost the line", () => {
  expect(split([Uint8Array.of(0x61, 0xff, 0x00, 0x62, 0x0a)]).lines).toEqual(["a\uFFFD\uFFFDb"]);
});

test("a byte order mark before the first line is no part of it", () => {
  expect(split([bytes("\u{feff}a\nb\n")]).lines).toEqual(["a", "b"]);
});

test("a rest without a line feed is a line, and the caller is told", () => {
  expect(split([bytes("a\nb")])).toMatchObject({ lines: ["a", "b"], endsInside: true });
  expect(split([bytes("a\n")])).toMatchObject({ lines: ["a"], endsInside: false });
});

test("a document beyond the limit is refused as a whole, and not kept in memory", () => {
  const reader = openDocument(() => "accepted", 10);
  for (const line of ["123456", "123456", "1"]) reader.push(line);
  reader.end();
  expect([...reader.account.reasons]).toEqual([["document_too_large", { count: 3, firstLine: 1 }]]);
});
