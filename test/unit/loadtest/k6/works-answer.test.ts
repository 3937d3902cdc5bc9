import { describe, expect, test } from "vitest";
import { failureCause, shapeMistake } from "../../../../loadtest/k6/works-answer.ts";
import { parseWorks } from "../../../../loadtest/k6/works-document.ts";

describe("the body of a list", () => {
  test.each([
    ['{"ok":true,"data":{"items":[{"profile_id":"p"}]}}', undefined],
    ['{"data":[{"profileId":"p"}]}', undefined],
    ['{"items":[]}', undefined],
    ["", "not a JSON object"],
    ["<html>", "not a JSON object"],
    ["null", "not a JSON object"],
    ['{"data":{"items":null}}', "no list in it"],
    ['{"ok":false,"error":{}}', "no list in it"],
    ['{"items":[{"profile_id":"p"},{"profile_id":""}]}', "item 1 is no work"],
    ['{"items":[7]}', "item 0 is no work"],
  ])("%s → %s", (body, mistake) => {
    expect(shapeMistake("list", body)).toBe(mistake);
  });

  test("of one work", () => {
    expect(shapeMistake("work", '{"data":{"profile_id":"p"}}')).toBeUndefined();
    expect(shapeMistake("work", '{"data":[]}')).toBe("no work in it");
  });
});

test.each([
  [0, 1050, "timeout"],
  [0, 1211, "timeout"],
  [0, 1212, "refused"],
  [0, 1220, "connection"],
  [0, 1101, "connection"],
  [0, 1000, "other"],
  [401, 1401, "http_401"],
  [429, 1429, "http_429"],
  [502, 1502, "http_5xx"],
  [503, 1503, "http_503"],
  [301, 0, "other"],
] as const)("status %i with error code %i is %s", (status, code, cause) => {
  expect(failureCause(status, code)).toBe(cause);
});

test.each([
  ["{", "WORKS_DATA=w.json is not JSON"],
  ['{"puzzle_work_profile":[]}', 'has the schema none, not "pitwall.works-list/1"'],
  ['{"schema":"pitwall.works-list/1"}', "normalizedWorks is not a list"],
  ['{"schema":"pitwall.works-list/1","normalizedWorks":[{"kind":"puzzle"}]}', "normalizedWorks[0] has no"],
])("%s is no works document", (text, words) => {
  expect(() => parseWorks(text, "w.json")).toThrow(words);
});
