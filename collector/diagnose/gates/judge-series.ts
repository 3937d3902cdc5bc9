import type { GaugePoint, GaugeSeries } from "../../model/ledger.ts";
import type { MemoryReading } from "../diagnosis.ts";
import type { ScopeDigest } from "../digest-types.ts";
import { formatCount, formatOf } from "../rules/format-value.ts";
import { increase, largest, pointCount, pointsIn, recorded, smallest } from "../rules/gauge-facts.ts";
import type { GaugeLookup } from "../rules/rule.ts";
import { type Judged, judged, undecided } from "./judged.ts";
import type { GateSubject, GateUnit, ParsedGate } from "./parsed-gate.ts";

type Subject<Kind extends GateSubject["kind"]> = Extract<GateSubject, { readonly kind: Kind }>;

/** `min(permits) > 0`: over all instances and all points of the scope. */
export function judgeGauge(gate: ParsedGate, { fold, names }: Subject<"gauge">, gauges: GaugeLookup, { scope }: ScopeDigest): Judged {
  const series = fitting(gauges.named(...names), gate.labels);
  const told = names.map((name) => series.filter((one) => one.name === name)).find((some) => pointCount(some, scope) > 0);
  if (told === undefined) return undecided(`nobody sent ${names.join(" or ")}${labelText(gate)} in this time`);
  const points = told.flatMap((one) => pointsIn(one, scope));
  const value =
    fold === "min"
      ? smallest(told, scope)
      : fold === "max"
        ? largest(told, scope)
        : fold === "avg"
          ? meanOf(told[0] as GaugeSeries, points)
          : points.toSorted((a, b) => a.second - b.second).at(-1)?.last;
  if (value === undefined) return undecided(`${names.join(" or ")} has no value in this time`);
  return judgedIn(gate, told[0] as GaugeSeries, value, `${told[0]?.name}, ${formatOf(points.length, "point")}`);
}

function meanOf({ kind }: GaugeSeries, points: readonly GaugePoint[]): number {
  if (kind === "gauge") return points.reduce((sum, { last }) => sum + last, 0) / points.length;
  const all = points.reduce((sums, { n, sum }) => ({ n: sums.n + n, sum: sums.sum + sum }), { n: 0, sum: 0 });
  return all.sum / all.n;
}

/** Fails where a leak is suspected; without samples from after the load nothing is decided. */
export function judgeTrend({ names }: Subject<"trend">, memory: readonly MemoryReading[]): Judged {
  const readings = memory.filter(({ series }) => names.includes(series));
  const leak = readings.find((reading) => reading.class === "leak_suspected");
  if (leak !== undefined) return { state: "failed", actual: "a leak is suspected", note: leak.sentence };
  const open = readings.find((reading) => reading.class === "undecided");
  if (open !== undefined) return undecided(open.sentence);
  const [first] = readings;
  if (first === undefined) return undecided(`nobody sent ${names.join(" or ")}`);
  return { state: "passed", actual: [...new Set(readings.map((reading) => reading.class.replaceAll("_", " ")))].join(", "), note: first.sentence };
}

/** A metric of the generator: a rate as share, a counter as its sum, a trend by its mean, a gauge by the value that is worse for the threshold. */
export function judgeMetric(gate: ParsedGate, { name, stat }: Subject<"metric">, gauges: GaugeLookup, digest: ScopeDigest): Judged {
  const { scope, offered } = digest;
  // k6 writes this counter only where an iteration was dropped: beside its iterations none means 0.
  if (name === "dropped_iterations" && gate.labels.size === 0 && offered.droppedIterations !== undefined)
    return judged(gate, offered.droppedIterations, "iterations that were due and not begun");
  const all = fitting(namedOf(gauges, name), gate.labels);
  const series = all.filter((one) => pointCount([one], scope) > 0);
  const [first] = series;
  if (first === undefined) return undecided(all.length === 0 ? `nobody sent ${name}${labelText(gate)}` : `${name} has no value in this time`);
  const share = shareOf(series, scope, name);
  const wantsShare = stat === "rate" || gate.limit?.unit === "share";
  if (share !== undefined && (wantsShare || (stat === "" && first.kind !== "counter")))
    return judged(gate, share.value, `of ${formatCount(share.n)}`, "share");
  if (wantsShare) return undecided(`${name} is no rate: it cannot be held against a share`);
  if (first.kind === "counter") return judgedIn(gate, first, mostOf(series, scope), "sum over this time");
  if (first.kind === "histogram") {
    const sums = recorded(series, scope);
    const value =
      stat === "max"
        ? largest(series, scope)
        : stat === "min"
          ? smallest(series, scope)
          : sums === undefined || sums.n === 0
            ? undefined
            : sums.sum / sums.n;
    return value === undefined
      ? undecided(`${name} has no value in this time`)
      : judgedIn(gate, first, value, `${stat === "max" || stat === "min" ? stat : "mean"} of ${formatOf(sums?.n ?? 0, "value")}`);
  }
  const isUpper = gate.limit?.comparison.startsWith("<") ?? true;
  const value = stat === "min" || (stat === "" && !isUpper) ? smallest(series, scope) : largest(series, scope);
  return value === undefined ? undecided(`${name} has no value in this time`) : judgedIn(gate, first, value, isUpper ? "largest" : "smallest");
}

/** Series of one witness are added up; two witnesses may tell the same generator's counts twice, so the larger is taken. */
function mostOf(series: readonly GaugeSeries[], scope: ScopeDigest["scope"]): number {
  return Math.max(...[...Map.groupBy(series, ({ witness }) => witness).values()].map((own) => increase(own, scope) ?? 0));
}

/** As k6 names them in its files, and over OTLP: with a prefix, and rates as a counter `.total` by `condition` or `.occurred` beside `.total`. */
function namedOf(gauges: GaugeLookup, name: string): readonly GaugeSeries[] {
  const forms = [name, `${name}.total`, `${name}.occurred`];
  return gauges.named(...forms, ...forms.map((form) => `k6_${form}`), ...forms.map((form) => `k6.${form}`));
}

function shareOf(
  series: readonly GaugeSeries[],
  scope: ScopeDigest["scope"],
  name: string,
): { readonly value: number; readonly n: number } | undefined {
  const conditional = series.filter(({ attributes }) => attributes["condition"] !== undefined);
  if (conditional.length > 0) {
    const total = increase(conditional, scope) ?? 0;
    const hits =
      increase(
        conditional.filter(({ attributes }) => attributes["condition"] === "nonzero"),
        scope,
      ) ?? 0;
    return total === 0 ? undefined : { value: hits / total, n: total };
  }
  const ending = (suffix: string) => series.filter((one) => one.name.endsWith(`${name}.${suffix}`));
  const [occurred, total] = [increase(ending("occurred"), scope), increase(ending("total"), scope)];
  if (occurred !== undefined && total !== undefined && total > 0) return { value: occurred / total, n: total };
  const rates = series.filter(({ kind, unit }) => kind === "histogram" && unit !== "ms" && unit !== "s");
  const sums = recorded(rates, scope);
  const isRate = rates.length === series.length && rates.every((one) => pointsIn(one, scope).every(({ min, max }) => min >= 0 && max <= 1));
  return isRate && sums !== undefined && sums.n > 0 ? { value: sums.sum / sums.n, n: sums.n } : undefined;
}

function fitting(series: readonly GaugeSeries[], labels: ReadonlyMap<string, string>): readonly GaugeSeries[] {
  return series.filter(({ attributes, instance, witness, hop }) =>
    [...labels].every(
      ([key, value]) =>
        (attributes[key] ?? (key === "instance" ? instance : key === "service" || key === "witness" ? witness : key === "hop" ? hop : undefined)) ===
        value,
    ),
  );
}

function labelText({ labels }: ParsedGate): string {
  return labels.size === 0 ? "" : ` with ${[...labels].map(([key, value]) => `${key}=${value}`).join(", ")}`;
}

const UNIT_OF: ReadonlyMap<string, { readonly unit: GateUnit; readonly factor: number }> = new Map([
  ["ms", { unit: "ms", factor: 1 }],
  ["s", { unit: "ms", factor: 1000 }],
  ["us", { unit: "ms", factor: 0.001 }],
  ["By", { unit: "bytes", factor: 1 }],
]);

/** In the unit of the threshold; a time is not held against a number of bytes. */
function judgedIn(gate: ParsedGate, { unit }: GaugeSeries, value: number, note: string): Judged {
  const known = UNIT_OF.get(unit);
  const wanted = gate.limit?.unit ?? "count";
  if (known === undefined || wanted === "count") return judged(gate, value, note, wanted === "count" ? (known?.unit ?? "count") : wanted);
  if (known.unit !== wanted) return undecided(`it is measured in ${unit}, which cannot be compared with the value of the threshold`);
  return judged(gate, value * known.factor, note);
}
