import { formatMs, formatRatio } from "../../format-number.ts";
import type { ComparisonWarning, Measure } from "../comparison.ts";
import { isEveryone } from "./compare-measures.ts";
import { changeText, measureText } from "./measure-text.ts";

/** The machine has nothing left. */
const FULL = 0.95;
/** It had, before. */
const ROOM = 0.85;
/** Fewer requests by more than runs differ anyway. */
const FEWER = 0.9;
/** Cohorts whose p95 are apart by this factor are two kinds. */
const APART = 3;
const WORSE = 1.5;

/** What takes several figures to be seen. */
export function compareWarnings(measures: readonly Measure[]): readonly ComparisonWarning[] {
  return [...fullProcessors(measures), ...poorBaseline(measures)];
}

/** The processors are full, and less was done than before: the change costs more than the load. */
function fullProcessors(measures: readonly Measure[]): readonly ComparisonWarning[] {
  const busy = measures.find(({ id }) => id === "cpu_busy");
  const rate = measures.find(({ id }) => id === "successes_per_second") ?? measures.find(({ id }) => id === "requests_per_second");
  const [busyBefore, busyAfter, rateBefore, rateAfter] = [busy?.before.value, busy?.after.value, rate?.before.value, rate?.after.value];
  if (busyBefore === undefined || busyAfter === undefined || rateBefore === undefined || rateAfter === undefined) return [];
  if (busyAfter < FULL || busyBefore > ROOM || rateAfter > FEWER * rateBefore) return [];
  const shown = (value: number): string => measureText(value, "1/s");
  return [
    {
      kind: "full_processors",
      short: "REGRESSION: full processors at fewer requests",
      text: `REGRESSION: the processors are ${formatRatio(busyAfter)} busy at ${shown(rateAfter)}, and were ${formatRatio(busyBefore)} busy at ${shown(rateBefore)}: more CPU for fewer requests, which load does not explain; take a CPU profile of the run after`,
    },
  ];
}

/** A run without slow members that is slower than the fast ones of the run that has them was disturbed by something else. */
function poorBaseline(measures: readonly Measure[]): readonly ComparisonWarning[] {
  const p95 = measures.filter(({ id }) => id === "cohort_p95");
  const found = p95
    .filter(({ of }) => isEveryone(of))
    .flatMap((all) => {
      const own = p95.filter((one) => one !== all && prefixOf(one.of) === prefixOf(all.of));
      return (["before", "after"] as const).flatMap((plain) => {
        const split = plain === "before" ? "after" : "before";
        if (own.some((one) => one[plain].value !== undefined)) return [];
        const cohorts = own.filter((one) => one[split].value !== undefined).sort((a, b) => (a[split].value as number) - (b[split].value as number));
        const [fast, slow] = [cohorts[0], cohorts.at(-1)];
        const [fastMs, slowMs, plainMs] = [fast?.[split].value, slow?.[split].value, all[plain].value];
        if (fast === undefined || fastMs === undefined || slowMs === undefined || plainMs === undefined) return [];
        if (slowMs < APART * fastMs || plainMs < WORSE * fastMs) return [];
        return [
          {
            kind: "poor_baseline" as const,
            short: "the baseline is not comparable",
            text: `the baseline (${plain}, without cohorts) is worse than the fast cohort of the other run: p95 ${formatMs(plainMs)} against ${formatMs(fastMs)} of ${fast.of}, ${changeText(fastMs, plainMs, "ms")} as long. The baseline is not comparable: repeat it`,
          },
        ];
      });
    });
  return found;
}

/** `end_to_end: ` of `end_to_end: fast`. */
function prefixOf(of: string): string {
  return of.slice(0, of.lastIndexOf(" ") + 1);
}
