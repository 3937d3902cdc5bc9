import { expect, test } from "vitest";
import { runRuleTests } from "./run-rule-tests.ts";

const FILES = ["test/fixtures/promtool/rules_test.yml", "test/fixtures/promtool/pitfalls_test.yml"];

for (const dialect of ["prometheus-2", "prometheus-3"] as const) {
  for (const file of FILES) {
    test(`${file} passes as under ${dialect}`, async () => {
      const results = await runRuleTests(file, { dialect });
      expect(results.length).toBeGreaterThan(8);
      expect(results.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`))).toEqual([]);
    });
  }
}
