import { EXIT } from "../../model/errors.ts";
import type { RunReport } from "../../report/report-schema.ts";
import { exitCodeOfLoad, type LoadExit } from "./load-process.ts";

export interface ExitFacts {
  /** undefined: no command ran (`pitwall report`). */
  readonly exit: LoadExit | undefined;
  readonly verdict: RunReport["verdict"]["result"];
  readonly isVerdictRequired: boolean;
  /** The signal that ended the run before its time. */
  readonly stoppedBy: "SIGINT" | "SIGTERM" | undefined;
}

/**
 * A command's own failure passes through, so that nothing a generator says is hidden; a signal that we were sent comes next; then the verdict:
 * 99 failed or invalid, 65 inconclusive where a verdict is required.
 */
export function runExitCode({ exit, verdict, isVerdictRequired, stoppedBy }: ExitFacts): number {
  if (stoppedBy !== undefined) return stoppedBy === "SIGINT" ? EXIT.sigint : EXIT.sigterm;
  const own = exit === undefined ? 0 : exitCodeOfLoad(exit);
  if (own !== 0) return own;
  if (verdict === "failed" || verdict === "invalid") return EXIT.verdict;
  return verdict === "inconclusive" && isVerdictRequired ? EXIT.inconclusive : EXIT.ok;
}
