import { expect, test } from "vitest";
import { IMPORT_FORMATS } from "../../../../collector/cli/load-import/import-formats.ts";
import { LOAD_FORMATS } from "../../../../collector/wire/generators/formats.ts";

test("the help names every format that there is a reader of", () => {
  expect(IMPORT_FORMATS).toEqual(["otlp", ...LOAD_FORMATS.map(({ facts }) => facts.format)]);
});
