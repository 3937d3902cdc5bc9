import { METRICS } from "../model/catalog.ts";
import type { GaugeSeries } from "../model/ledger.ts";

export interface GaugeRecipe {
  readonly id: string;
  readonly title: string;
  /** Series by name, in the order of the lines, and what each is called in this picture ("" = by its own name). */
  readonly lines: readonly (readonly [name: string | RegExp, label: string])[];
  readonly note?: string;
  readonly show?: "min";
  /** Series that are left out although their name fits. */
  readonly without?: (series: GaugeSeries) => boolean;
  readonly isStacked?: boolean;
}

/** Processors that do nothing are what is left of a stack of those that do something. */
const isIdle = ({ attributes }: GaugeSeries): boolean => Object.values(attributes).some((value) => value === "idle" || value === "nice");
const hasMode = ({ attributes }: GaugeSeries): boolean => Object.keys(attributes).some((key) => /(^|[._])(mode|state)$/.test(key));

/** What everybody asks for first, in this order; whatever else there is follows under its own name. */
export const GAUGE_RECIPES: readonly GaugeRecipe[] = [
  {
    id: "permits",
    title: "Request permits",
    lines: [
      [METRICS.requestPermitsAvailableMin.name, "fewest left"],
      [METRICS.requestPermitsAvailable.name, "left"],
      [METRICS.requestPermitsLimit.name, "limit"],
    ],
    note: "smallest value of each column; at 0 further requests are refused",
    show: "min",
  },
  { id: "cache-rebuilds", title: "Cache rebuilds per second", lines: [[METRICS.puzzleGalleryCacheRebuilds.name, "rebuilds"]] },
  {
    id: "memory",
    title: "Memory of the process",
    lines: [
      [METRICS.processMemoryUsage.name, "resident (RSS)"],
      [METRICS.processMemoryPrivate.name, "private"],
    ],
  },
  {
    id: "descriptors",
    title: "Open file descriptors",
    lines: [
      [METRICS.processUnixFileDescriptorCount.name, "descriptors"],
      [METRICS.processWindowsHandleCount.name, "handles"],
    ],
  },
  {
    id: "cpu",
    title: "Busy processors",
    lines: [[/^system\.cpu\.(utili[sz]ation|usage_ratio|percent)$/, ""]],
    note: "share of all processors of the machine, by what they did",
    without: (series) => !hasMode(series) || isIdle(series),
    isStacked: true,
  },
  { id: "cpu-process", title: "CPU", lines: [[/cpu.*(utili[sz]ation|usage_ratio|percent)/, ""]], without: hasMode },
  {
    id: "vus",
    title: "Virtual users",
    lines: [
      [/(^|[._])vus$/, "in use"],
      [/(^|[._])vus_max$/, "initialised"],
    ],
  },
  { id: "threads", title: "Threads", lines: [[METRICS.processThreadCount.name, "threads"]] },
  { id: "bodies", title: "Response bodies in flight", lines: [[METRICS.responseBodiesInFlight.name, "in flight"]] },
];

export function fitsName(series: GaugeSeries, name: string | RegExp): boolean {
  return typeof name === "string" ? series.name === name : name.test(series.name);
}
