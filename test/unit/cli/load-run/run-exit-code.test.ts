import { expect, test } from "vitest";
import { runExitCode } from "../../../../collector/cli/load-run/run-exit-code.ts";

const exitCode = (facts: Partial<Parameters<typeof runExitCode>[0]>): number =>
  runExitCode({ exit: { code: 0, signal: null }, verdict: "passed", isVerdictRequired: false, stoppedBy: undefined, ...facts });

test.each([
  ["a passed run", {}, 0],
  ["a failed verdict", { verdict: "failed" }, 99],
  ["an invalid test", { verdict: "invalid" }, 99],
  ["an inconclusive run", { verdict: "inconclusive" }, 0],
  ["an inconclusive run where a verdict is required", { verdict: "inconclusive", isVerdictRequired: true }, 65],
  ["thresholds that k6 found crossed", { exit: { code: 99, signal: null } }, 99],
  ["a script that k6 could not run", { exit: { code: 107, signal: null }, verdict: "failed" }, 107],
  ["a generator that was killed", { exit: { code: null, signal: "SIGKILL" } }, 137],
  ["Ctrl-C", { stoppedBy: "SIGINT", exit: { code: 105, signal: null }, verdict: "failed" }, 130],
  ["SIGTERM", { stoppedBy: "SIGTERM" }, 143],
  ["a report without a command", { exit: undefined, verdict: "failed" }, 99],
] as const)("%s", (_, facts, code) => {
  expect(exitCode(facts)).toBe(code);
});
