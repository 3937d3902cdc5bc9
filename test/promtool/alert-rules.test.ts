import { describe, expect, test } from "vitest";
import { ALERT_FILES } from "../../scripts/gen/alert-files.ts";
import { alertCases } from "./render-rule-tests.ts";
import { type RuleTestResult, runRuleTests } from "./run-rule-tests.ts";

/** The very files that promtool passes (test/interop/alert-rules.test.ts), through the evaluator in the collector. */
describe.each(ALERT_FILES)("$tests", ({ strategy, tests }) => {
  describe.each(["prometheus-2", "prometheus-3"] as const)("as under %s", (dialect) => {
    let results: Promise<readonly RuleTestResult[]> | undefined;

    test.each(alertCases(strategy).map(({ name }) => name))("%s", async (name) => {
      results ??= runRuleTests(tests, { dialect });
      const own = (await results).filter((result) => result.name === name);
      expect(own).toEqual([{ name, failures: [] }]);
    });
  });
});
