import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Batch, Signal } from "../../../../collector/model/batch.ts";
import { encodedBatch } from "../../../../collector/wire/otlp-batch.ts";
import { readOtlpJson } from "../../../../collector/wire/otlp-json.ts";
import { printed } from "./session.ts";

/** Inputs (OTLP/JSON) beside what otelcol's own debug exporter printed for them: see how.md there. */
const GOLDEN = fileURLToPath(new URL("../../../golden/debug/", import.meta.url));

const CASES = globSync("*/*.json", { cwd: GOLDEN }).sort();
const VERBOSITIES = ["basic", "normal", "detailed"] as const;

describe.each(CASES)("otelcol's text for %s", (input) => {
  const signal = dirname(input) as Signal;
  const { batch } = readOtlpJson(signal, readFileSync(join(GOLDEN, input)));
  const asReceived: Batch = encodedBatch(signal, batch.encoded, batch.count);

  for (const verbosity of VERBOSITIES) {
    const expected = readFileSync(join(GOLDEN, input.replace(/\.json$/, `.${verbosity}.out`)), "utf8");

    test(`${verbosity}, from bytes`, async () => {
      expect(await printed({ verbosity }, asReceived)).toBe(expected);
    });
    test(`${verbosity}, from items`, async () => {
      const { batch: fresh } = readOtlpJson(signal, readFileSync(join(GOLDEN, input)));
      expect(await printed({ verbosity }, fresh)).toBe(expected);
    });
  }
});

test("there are golden files of every signal", () => {
  expect(new Set(CASES.map((input) => dirname(input)))).toEqual(new Set(["traces", "metrics", "logs"]));
});
