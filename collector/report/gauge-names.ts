import type { GaugeSeries } from "../model/ledger.ts";
import { visibleLine } from "./visible-text.ts";

/** As long as people read and tell apart. */
const MOST_ID_CHARS = 8;
const MOST_CHARS = 60;
/** UUIDs, hashes, container ids. */
const MACHINE_ID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$|^[0-9a-f]{20,64}$/i;

/** The beginning of ids that machines made up; other names as they are. */
export function shortInstance(instance: string): string {
  return MACHINE_ID.test(instance) ? instance.slice(0, MOST_ID_CHARS) : visibleLine(instance, MOST_CHARS);
}

/** What series of one picture are called: only what tells them apart, and what all have in common once, above them. */
export interface SeriesNames {
  /** Whose they all are; "" where they are of several. */
  readonly owner: string;
  /** One per series, all different. */
  readonly lines: readonly string[];
}

/** `labels`: what a series is called for its metric's sake; "" = the end of its name. */
export function seriesNames(series: readonly GaugeSeries[], labels: readonly string[], instancesOf: ReadonlyMap<string, number>): SeriesNames {
  const owners = series.map((one) => ownerOf(one, (instancesOf.get(one.witness) ?? 1) > 1));
  const isOneOwner = new Set(owners).size === 1;
  const isOneMetric = new Set(series.map(({ name }) => name)).size === 1;
  const lines: string[] = [];
  series.forEach((one, index) => {
    const own = Object.values(one.attributes).filter((value) => value !== "");
    const what = labels[index] || (isOneMetric && own.length > 0 ? "" : metricEnd(one.name));
    const words = [what, ...own, isOneOwner ? "" : (owners[index] as string)].filter((word) => word !== "");
    const name = visibleLine(words.join(" \u00b7 "), MOST_CHARS);
    const twins = lines.filter((line) => line === name || line.startsWith(`${name} (`)).length;
    lines.push(twins === 0 ? name : `${name} (${twins + 1})`);
  });
  return { owner: isOneOwner ? (owners[0] ?? "") : "", lines };
}

/** Its instance too, where the same witness speaks with several voices. */
function ownerOf({ witness, instance }: GaugeSeries, hasTwins: boolean): string {
  return visibleLine([witness, hasTwins || witness === "" ? shortInstance(instance) : ""].filter((word) => word !== "").join(" \u00b7 "), MOST_CHARS);
}

function metricEnd(name: string): string {
  return name.split(".").slice(-2).join(".");
}

/** How many instances each witness has. */
export function instancesByWitness(series: readonly GaugeSeries[]): ReadonlyMap<string, number> {
  const instances = new Map<string, Set<string>>();
  for (const { witness, instance } of series) {
    const known = instances.get(witness) ?? new Set();
    if (instance !== "") known.add(instance);
    instances.set(witness, known);
  }
  return new Map([...instances].map(([witness, names]) => [witness, names.size]));
}
