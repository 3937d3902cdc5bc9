import { memoryReadings } from "../../../diagnose/memory/memory-readings.ts";
import { pointsIn } from "../../../diagnose/rules/gauge-facts.ts";
import { memorySeries } from "../../../diagnose/rules/memory-facts.ts";
import { gaugeLookup } from "../../../diagnose/rules/rule.ts";
import { METRICS } from "../../../model/catalog.ts";
import { HOST_METRICS } from "../../../model/catalog-host.ts";
import type { GaugeSeries } from "../../../model/ledger.ts";
import type { MemoryClass } from "../../../stats/memory-class.ts";
import { median } from "../../../stats/summary.ts";
import type { ComparedRun } from "../compared-run.ts";
import { byProcess } from "./process-name.ts";
import { figure, type RunFigure } from "./run-figure.ts";

/** What series are called where people read them; a heap keeps its name. */
const SHORT: ReadonlyMap<string, string> = new Map<string, string>([
  [METRICS.processMemoryUsage.name, "RSS"],
  [METRICS.processMemoryPrivate.name, "private"],
  [HOST_METRICS.processMemoryPrivate.name, "private, touched"],
]);

const CLASS_WORDS: Readonly<Record<MemoryClass, string>> = {
  flat: "flat",
  transient_peak: "a peak, given back",
  step_to_plateau: "a step to a plateau",
  backlog_drains: "a backlog that drains",
  grows_with_driver: "growing with what is connected",
  leak_suspected: "suspected of a leak",
  undecided: "undecided",
};

/** Samples on either side of the load that make a state of rest. */
const LEAST_SAMPLES = 3;

/**
 * Memory of each process at rest, at its most, and in the end, and what becomes of it. Of several instances of a process the largest: which of
 * them is which differs from run to run.
 */
export function memoryFigures(run: ComparedRun): readonly RunFigure[] {
  const series = memorySeries(gaugeLookup(run.ledger.gauges));
  const named = new Set(series.map(({ name }) => name));
  const drivers = run.ledger.gauges.filter(({ name }) => !named.has(name));
  return [...byProcess(series)].flatMap(([process, all]) =>
    [...Map.groupBy(telling(all), ({ name }) => name)].flatMap(([name, instances]) => {
      const of = `${process} (${SHORT.get(name) ?? name})`.trim();
      const found = instances.map((one) => momentsOf(run, one));
      const rises = found.flatMap(({ rest, peak }) => (rest === undefined || peak === undefined ? [] : [peak - rest]));
      const classes = memoryReadings({ ...run.ledger, gauges: [...instances, ...drivers] }, run.digest).filter((reading) => reading.series === name);
      return [
        ...figure("memory_rest", of, largest(found.map(({ rest }) => rest))),
        ...figure("memory_peak", of, largest(found.map(({ peak }) => peak))),
        ...figure("memory_rise", of, largest(rises)),
        ...figure("memory_end", of, largest(found.map(({ end }) => end))),
        ...wordOf(of, classes),
      ];
    }),
  );
}

/** A heap is only of interest where the process as a whole is not known. */
function telling(series: readonly GaugeSeries[]): readonly GaugeSeries[] {
  const whole = series.filter(({ name }) => SHORT.has(name));
  return whole.length > 0 ? whole : series;
}

interface Moments {
  readonly rest: number | undefined;
  readonly peak: number | undefined;
  readonly end: number | undefined;
}

function momentsOf({ ledger, load: { scope } }: ComparedRun, series: GaugeSeries): Moments {
  const { loadEndUnixMs } = ledger.run;
  const loadEnd = loadEndUnixMs === undefined ? scope.endSecond : Math.ceil(loadEndUnixMs / 1000);
  const lasts = (startSecond: number, endSecond: number) => pointsIn(series, { startSecond, endSecond }).map(({ last }) => last);
  const [before, after] = [lasts(-Infinity, scope.startSecond), lasts(loadEnd, Infinity)];
  return {
    rest: before.length < LEAST_SAMPLES ? undefined : median(before),
    peak: largest(pointsIn(series, { startSecond: scope.startSecond, endSecond: loadEnd }).map(({ max }) => max)),
    end: after.length < LEAST_SAMPLES ? undefined : median(after.slice(-Math.max(LEAST_SAMPLES, Math.ceil(after.length / 3)))),
  };
}

/** Instances of one process may be of several kinds. */
function wordOf(of: string, readings: readonly { readonly class: MemoryClass }[]): readonly RunFigure[] {
  const words = [...new Set(readings.map((one) => CLASS_WORDS[one.class]))].sort();
  return words.length === 0 ? [] : [{ id: "memory_class", of, value: Number.NaN, word: words.join(", ") }];
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((most, value) => Math.max(most, value));
}
