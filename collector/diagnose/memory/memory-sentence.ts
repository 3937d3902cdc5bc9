import type { GaugeSeries } from "../../model/ledger.ts";
import type { MemoryClass, MemoryVerdict } from "../../stats/memory-class.ts";
import { formatBytes, formatCount, formatMs, formatShare } from "../rules/format-value.ts";

const MEANING: Readonly<Record<MemoryClass, string>> = {
  flat: "flat: it did not move beyond its noise",
  transient_peak: "a peak of allocations, no leak",
  step_to_plateau: "a step to a plateau: kept, and not growing",
  backlog_drains: "a backlog that drains: it grew under load and is on its way back",
  grows_with_driver: "it grew with what is connected or in flight, which explains it",
  leak_suspected: "a leak is suspected; a second equal load step would confirm it",
  undecided: "undecided",
};

const MISSING: Readonly<Record<MemoryVerdict["missing"][number], string>> = {
  before: "samples from before the load (20 s at rest)",
  hold: "samples under constant load",
  after: "samples from after the load (60 s)",
};

/** One sentence on a series: from where to where, what was given back, what it means, and how small a growth would not have been seen. */
export function memorySentence(
  series: Pick<GaugeSeries, "name" | "unit" | "witness" | "instance">,
  verdict: MemoryVerdict,
  { holdSeconds, afterSeconds }: { readonly holdSeconds: number; readonly afterSeconds: number },
): string {
  const show = isBytes(series) ? formatBytes : formatCount;
  const who = [series.witness, series.instance].filter((word) => word !== "").join(" ");
  const what = `${series.name}${who === "" ? "" : ` of ${who}`}`;
  if (verdict.class === "undecided") {
    const needs = verdict.missing.map((part) => MISSING[part]).join(", ");
    return `${what}: undecided, for it lacks ${needs === "" ? "samples" : needs}${afterSeconds > 0 && verdict.missing.includes("after") ? `; ${formatMs(afterSeconds * 1000)} were recorded` : ""}`;
  }
  const course = `from ${show(verdict.baseline)} to ${show(verdict.peak)} under load, ${show(verdict.end)} in the end`;
  const back = Number.isNaN(verdict.returned) ? "" : ` (${formatShare(Math.max(0, Math.min(1, verdict.returned)))} of the rise given back)`;
  return `${what}: ${course}${back}: ${MEANING[verdict.class]}${driverOf(verdict)}${unseen(verdict, show, holdSeconds)}`;
}

export function isBytes({ name, unit }: Pick<GaugeSeries, "name" | "unit">): boolean {
  return unit === "By" || /memory|heap/.test(name);
}

function driverOf({ class: kind, explained }: MemoryVerdict): string {
  const best = Object.entries(explained).sort(([, a], [, b]) => b - a)[0];
  return kind !== "grows_with_driver" || best === undefined ? "" : ` (${best[0]}, ${formatShare(best[1])} of its variation)`;
}

/** A flat minute cannot rule out a slow leak, and says so. */
function unseen({ lateTrend }: MemoryVerdict, show: (value: number) => string, holdSeconds: number): string {
  if (lateTrend === undefined || !(lateTrend.leastDetectable > 0) || !Number.isFinite(lateTrend.leastDetectable) || holdSeconds <= 0) return "";
  return `; in ${formatMs(holdSeconds * 1000)} of constant load a growth below ${show(lateTrend.leastDetectable * 60)} a minute would not have been seen`;
}
