import { expect, test } from "vitest";
import { lossNote, lossOfNote } from "../../../../collector/wire/witness/loss-note.ts";

test("a loss comes back from its note", () => {
  const loss = { component: "k6 file: /tmp/a.json", signal: "lines", reason: "bad_json", items: 12 } as const;
  expect(lossOfNote(lossNote(loss, "first at line 3"))).toEqual(loss);
  expect(lossNote(loss, "first at line 3").text).toBe("k6 file: /tmp/a.json: 12 lines lost, bad json (first at line 3)");
});

test("other notes are no losses", () => {
  expect(lossOfNote({ kind: "note", code: "loss:lines:bad_json:x:k6", text: "" })).toBeUndefined();
  expect(lossOfNote({ kind: "note", code: "percentiles_dropped", text: "" })).toBeUndefined();
});
