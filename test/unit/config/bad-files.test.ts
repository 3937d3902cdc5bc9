import { globSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../../config/load.ts";
import { ConfigError } from "../../../config/problem.ts";
import { registry } from "../../../config/registry.ts";

const FOLDER = "test/fixtures/config/bad";

/** One file per kind of mistake; what people read is kept beside as golden text. */
test.each(
  globSync(`${FOLDER}/*.yaml`)
    .sort()
    .map((path) => basename(path, ".yaml")),
)("what is told about %s", async (name) => {
  const failure = await loadConfig({ sources: [`${FOLDER}/${name}.yaml`], env: {}, catalogue: registry }).catch((error: unknown) => error);
  if (!(failure instanceof ConfigError)) throw new Error("the file was taken for valid", { cause: failure });
  expect(failure.exitCode).toBe(78);
  const places = failure.problems.map(({ place }) => place);
  expect(places.every(({ line, column }) => line > 0 && column > 0)).toBe(true);
  await expect(`${failure.message}\n`).toMatchFileSnapshot(`../../golden/cli/bad/${name}.txt`);
});
