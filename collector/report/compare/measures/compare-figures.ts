import { type ChangeVerdict, judgeChange } from "../../../stats/judge-change.ts";
import { compareRunGroups } from "../../../stats/run-groups.ts";
import { median } from "../../../stats/summary.ts";
import { MEASURE_IDS, type Measure, type MeasureSide } from "../comparison.ts";
import { isBeyond, MEASURE_KINDS, type MeasureKind } from "./measure-kinds.ts";
import { changeText, growthText, measureText } from "./measure-text.ts";
import type { RunFigure } from "./run-figure.ts";

/** A measure whose p is not yet corrected for how many were looked at. NaN: nothing was tested. */
export interface TestedMeasure {
  readonly p: number;
  readonly judge: (adjustedP: number) => Measure;
}

/** Ratio that the best value of groups of runs must exceed. */
const GROUP_FLOOR = 0.1;
const LEVEL = 0.05;

/** Figures of all runs, side by side, in the order of `MEASURE_IDS`; what only one side tells stands beside a dash. */
export function compareFigures(before: readonly (readonly RunFigure[])[], after: readonly (readonly RunFigure[])[]): readonly TestedMeasure[] {
  const all = [...before, ...after].flat();
  const keys = new Map(all.map(({ id, of }) => [`${id}\n${of}`, { id, of }]));
  const inOrder = [...keys.values()].sort((a, b) => MEASURE_IDS.indexOf(a.id) - MEASURE_IDS.indexOf(b.id));
  return inOrder.map(({ id, of }) => {
    const pick = (runs: readonly (readonly RunFigure[])[]) => runs.flatMap((run) => run.find((one) => one.id === id && one.of === of) ?? []);
    return comparedFigure(id, of, pick(before), pick(after));
  });
}

function comparedFigure(id: Measure["id"], of: string, first: readonly RunFigure[], second: readonly RunFigure[]): TestedMeasure {
  const kind = MEASURE_KINDS[id];
  const [before, after] = [sideOf(first, kind), sideOf(second, kind)];
  const change = id === "calls_growth" ? growthText(before.value, after.value) : changeText(before.value, after.value, kind.unit);
  const ratio =
    before.value !== undefined && after.value !== undefined && before.value > 0 && after.value > 0 ? after.value / before.value : undefined;
  const said = change === NOTHING ? "" : ` (${change})`;
  const sentence = `${kind.title}${of === "" ? "" : ` of ${of}`} ${before.text} \u2192 ${after.text}${said}`;
  const measure = { id, title: kind.title, of, unit: kind.unit, before, after, ratio, change, sentence };
  const [left, right] = [valuesOf(first), valuesOf(second)];
  // Of endpoints and operations there may be many, and each question makes all answers harder to prove.
  const isTested = kind.isTested && !(id === "calls_per_request" && of !== "");
  const group = isTested ? compareRunGroups(left, right) : undefined;
  if (group === undefined) return { p: Number.NaN, judge: () => ({ ...measure, verdict: fewRunsVerdict(kind, left, right) }) };
  return {
    p: group.p,
    judge: (adjustedP) => ({
      ...measure,
      verdict: turned(kind, judgeChange(group, "run_groups", adjustedP, { ratio: GROUP_FLOOR, absolute: 0 }, LEVEL)),
    }),
  };
}

const NOTHING = "\u2013";

/** A fact, unless every run of one side lies beyond every run of the other by more than the floor. */
function fewRunsVerdict(kind: MeasureKind, first: readonly number[], second: readonly number[]): Measure["verdict"] {
  if (kind.floor === undefined || first.length === 0 || second.length === 0) return "shown";
  const rises = Math.min(...second) > Math.max(...first);
  const falls = Math.max(...second) < Math.min(...first);
  const [nearFirst, nearSecond] = rises ? [Math.max(...first), Math.min(...second)] : [Math.min(...first), Math.max(...second)];
  if (!(rises || falls) || !isBeyond(kind.floor, nearFirst, nearSecond)) return "shown";
  if (kind.better === "neither") return "changed";
  return rises === (kind.better === "higher") ? "better" : "worse";
}

/** `judgeChange` is of quantities that should be small. */
function turned({ better }: MeasureKind, verdict: ChangeVerdict): Measure["verdict"] {
  if (verdict !== "worse" && verdict !== "better") return verdict;
  if (better === "neither") return "changed";
  return better === "lower" ? verdict : verdict === "worse" ? "better" : "worse";
}

function sideOf(figures: readonly RunFigure[], { unit }: MeasureKind): MeasureSide {
  const values = valuesOf(figures);
  const words = [...new Set(figures.flatMap(({ word }) => word ?? []))].sort();
  if (values.length === 0) return { value: undefined, least: undefined, most: undefined, runs: figures.length, text: words.join(" / ") || NOTHING };
  const [value, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  const show = (number: number): string => measureText(number, unit);
  const range = least === most ? "" : ` (${show(least)} \u2026 ${show(most)})`;
  return { value, least, most, runs: values.length, text: `${show(value)}${range}` };
}

function valuesOf(figures: readonly RunFigure[]): readonly number[] {
  return figures.map(({ value }) => value).filter((value) => !Number.isNaN(value));
}
