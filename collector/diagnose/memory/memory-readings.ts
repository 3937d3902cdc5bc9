import { METRICS } from "../../model/catalog.ts";
import type { GaugeSeries, RunLedger } from "../../model/ledger.ts";
import { classifyMemory, type MemoryVerdict, type ResourceSamples } from "../../stats/memory-class.ts";
import type { MemoryReading } from "../diagnosis.ts";
import type { RunDigest, Scope } from "../digest-types.ts";
import { pointsIn } from "../rules/gauge-facts.ts";
import { connectionSeries, memorySeries } from "../rules/memory-facts.ts";
import { gaugeLookup } from "../rules/rule.ts";
import { memorySentence } from "./memory-sentence.ts";

/** s after the load that it takes to say that memory was kept: 60, less what the edges of sampling cost. */
const LEAST_AFTER_SECONDS = 55;
/** Share of a load without known phases that is left out at either end. */
const EDGE = 0.1;
const NEEDS_AFTER = new Set<MemoryVerdict["class"]>(["step_to_plateau", "leak_suspected", "grows_with_driver"]);

/**
 * What memory, file descriptors and handles of each process did before, under and after the load, and whether it looks like a leak. Connections,
 * virtual users and bodies in flight are tried as explanations of growth.
 */
export function memoryReadings(ledger: RunLedger, digest: RunDigest): readonly MemoryReading[] {
  const load = digest.scopes[0]?.scope;
  if (load === undefined) return [];
  const gauges = gaugeLookup(ledger.gauges);
  const counted = gauges.named(METRICS.processUnixFileDescriptorCount.name, METRICS.processWindowsHandleCount.name);
  const drivers = [...gauges.named("vus", METRICS.responseBodiesInFlight.name), ...connectionSeries(gauges)];
  const hold = longestHold(digest) ?? trimmed(load);
  const loadEnd = ledger.run.loadEndUnixMs === undefined ? load.endSecond : Math.max(load.endSecond, Math.ceil(ledger.run.loadEndUnixMs / 1000));
  return [...memorySeries(gauges), ...counted].flatMap((series) => {
    const held = pointsIn(series, hold);
    if (held.length === 0) return [];
    const before = samples(series, { startSecond: -Infinity, endSecond: load.startSecond });
    const after = samples(series, { startSecond: loadEnd, endSecond: Infinity });
    const times = held.map(({ second }) => second);
    const verdict = classifyMemory({ before, hold: samples(series, hold), after, drivers: driversAt(drivers, times) });
    const afterSeconds = lengthOf(after);
    const isShort = NEEDS_AFTER.has(verdict.class) && afterSeconds < LEAST_AFTER_SECONDS;
    const judged: MemoryVerdict = isShort ? { ...verdict, class: "undecided", missing: ["after"] } : verdict;
    return [
      {
        series: series.name,
        witness: series.witness,
        instance: processOf(series),
        class: judged.class,
        sentence: memorySentence({ ...series, instance: processOf(series) }, judged, {
          holdSeconds: (times.at(-1) ?? 0) - (times[0] ?? 0),
          afterSeconds,
        }),
      },
    ];
  });
}

/** Processes that one machine's observer watches have its instance in common. */
function processOf({ instance, attributes }: GaugeSeries): string {
  const [process, pid] = [attributes["pitwall.process"], attributes["process.pid"]];
  return [instance, process, pid === undefined ? undefined : `pid ${pid}`].filter((word) => word !== undefined && word !== "").join(" ");
}

function samples(series: GaugeSeries, window: Pick<Scope, "startSecond" | "endSecond">): ResourceSamples {
  const points = pointsIn(series, window);
  return { times: points.map(({ second }) => second), values: points.map(({ last }) => last) };
}

function lengthOf({ times }: ResourceSamples): number {
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
}

/** Constant load: growth in a ramp is no growth in time. */
function longestHold({ scopes }: RunDigest): Scope | undefined {
  const holds = scopes.map(({ scope }) => scope).filter(({ phase }) => phase?.kind === "hold");
  return holds.sort((a, b) => b.endSecond - b.startSecond - (a.endSecond - a.startSecond))[0];
}

function trimmed({ startSecond, endSecond }: Scope): Pick<Scope, "startSecond" | "endSecond"> {
  const edge = Math.floor((endSecond - startSecond) * EDGE);
  return { startSecond: startSecond + edge, endSecond: endSecond - edge };
}

/** The drivers' values at these seconds: the last one known then. A driver that was not sampled from the beginning is left out. */
function driversAt(drivers: readonly GaugeSeries[], times: readonly number[]): Readonly<Record<string, readonly number[]>> {
  const found: [string, readonly number[]][] = [];
  for (const { name, points } of drivers) {
    let at = -1;
    const values = times.map((time) => {
      while (at + 1 < points.length && (points[at + 1]?.second ?? Infinity) <= time) at++;
      return points[at]?.last ?? Number.NaN;
    });
    if (values.every((value) => !Number.isNaN(value))) found.push([name, values]);
  }
  return Object.fromEntries(found);
}
