import type { ComparedRun } from "../compared-run.ts";
import { callFigures } from "./call-figures.ts";
import { cohortFigures } from "./cohort-figures.ts";
import { cpuFigures } from "./cpu-figures.ts";
import { loadFigures } from "./load-figures.ts";
import { memoryFigures } from "./memory-figures.ts";
import type { RunFigure } from "./run-figure.ts";
import { serverFigures } from "./server-figures.ts";

/** All that one run says beside the latencies of its requests. */
export function runFigures(run: ComparedRun): readonly RunFigure[] {
  return [...loadFigures(run), ...cpuFigures(run), ...memoryFigures(run), ...callFigures(run), ...serverFigures(run), ...cohortFigures(run)];
}
