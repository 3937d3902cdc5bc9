import { cpuShareOf } from "../../../diagnose/rules/cpu-facts.ts";
import { increase } from "../../../diagnose/rules/gauge-facts.ts";
import { gaugeLookup } from "../../../diagnose/rules/rule.ts";
import { HOST_METRICS } from "../../../model/catalog-host.ts";
import type { ComparedRun } from "../compared-run.ts";
import { loadSecondsOf } from "./load-figures.ts";
import { byProcess } from "./process-name.ts";
import { requestsOf } from "./requests-of.ts";
import { figure, type RunFigure } from "./run-figure.ts";

/** How busy the machine was, and what a request cost of each process's time: all its instances together. */
export function cpuFigures(run: ComparedRun): readonly RunFigure[] {
  const gauges = gaugeLookup(run.ledger.gauges);
  const { scope } = run.load;
  const busy = cpuShareOf({ ledger: run.ledger, digest: run.digest, gauges, laws: [], decompositions: [], memory: [], skew: [] }, scope);
  const requests = requestsOf(run.load.total)?.count;
  const length = loadSecondsOf(run);
  const processes = byProcess(gauges.named(HOST_METRICS.processCpuTime.name).filter(({ kind }) => kind === "counter"));
  return [
    ...figure("cpu_busy", "", busy?.high),
    ...[...processes].flatMap(([process, series]) => {
      // A process and the host may both tell of it.
      const seconds = Math.max(0, ...[...Map.groupBy(series, ({ witness }) => witness).values()].map((own) => increase(own, scope) ?? 0));
      if (seconds === 0) return [];
      return [
        ...figure("cpu_ms_per_request", process, requests === undefined ? undefined : (seconds * 1000) / requests),
        ...figure("cpu_cores", process, length <= 0 ? undefined : seconds / length),
      ];
    }),
  ];
}
