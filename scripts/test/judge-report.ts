export interface VitestOutcome {
  readonly passed: number;
  /** One line each: failed and skipped tests, files that could not be loaded or did not run, faults outside any test. */
  readonly failures: readonly string[];
}

/** The parts that we read of what vitest's `json` reporter writes. */
export interface VitestReport {
  readonly testResults: readonly {
    /** Path of the file. */
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/**
 * Passed and failed tests of one run over `files`; the report's paths must be written as those are. A skipped test is a failure, and so are a file
 * that held no test, one that is not in the report, and a run that failed for no reason that the report tells.
 */
export function judgeReport(report: VitestReport, files: readonly string[], succeeded: boolean): VitestOutcome {
  const tests = report.testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const failures = tests
    .filter((test) => test.status !== "passed")
    .map((test) => `${test.file}: ${test.fullName}${test.status === "failed" ? "" : ` (${test.status}: no test may be skipped)`}`);
  failures.push(...report.testResults.filter((file) => file.assertionResults.length === 0).map((file) => `${file.name}: no test ran`));
  const reported = new Set(report.testResults.map((file) => file.name));
  failures.push(...files.filter((file) => !reported.has(file)).map((file) => `${file}: did not run`));
  if (!succeeded && failures.length === 0) failures.push("vitest failed outside the tests: see its output");
  return { passed: tests.filter((test) => test.status === "passed").length, failures };
}
