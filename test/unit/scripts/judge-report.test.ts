import { expect, test } from "vitest";
import { judgeReport } from "../../../scripts/test/judge-report.ts";

const file = (name: string, ...statuses: readonly string[]) => ({
  name,
  assertionResults: statuses.map((status, index) => ({ fullName: `test ${index}`, status })),
});

test("passed and failed tests are counted over all files", () => {
  const report = { testResults: [file("a.test.ts", "passed", "passed"), file("b.test.ts", "passed", "failed")] };
  expect(judgeReport(report, ["a.test.ts", "b.test.ts"], false)).toEqual({ passed: 3, failures: ["b.test.ts: test 1"] });
});

test.each(["skipped", "pending", "todo"])("a test that is %s is a failure, even where vitest is content", (status) => {
  const { passed, failures } = judgeReport({ testResults: [file("a.test.ts", "passed", status)] }, ["a.test.ts"], true);
  expect(passed).toBe(1);
  expect(failures).toEqual([`a.test.ts: test 1 (${status}: no test may be skipped)`]);
});

test("a file that could not be loaded, or was not run, is a failure", () => {
  const { failures } = judgeReport({ testResults: [file("a.test.ts")] }, ["a.test.ts", "b.test.ts"], false);
  expect(failures).toEqual(["a.test.ts: no test ran", "b.test.ts: did not run"]);
});

test("a fault outside the tests is a failure", () => {
  expect(judgeReport({ testResults: [file("a.test.ts", "passed")] }, ["a.test.ts"], false).failures).toHaveLength(1);
});
