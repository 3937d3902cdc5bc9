import { z } from "zod";
import type { PhaseKind, RunPhase } from "../../model/run.ts";
import { parseDurationMs } from "../../pipeline/settings.ts";

/** What is read of `k6 inspect --execution-requirements`: k6's options after all that the script does to them. */
const stage = z.object({ duration: z.string(), target: z.number() });
const scenario = z.object({
  executor: z.string(),
  startTime: z.string().nullish(),
  duration: z.string().nullish(),
  startRate: z.number().nullish(),
  startVUs: z.number().nullish(),
  stages: z.array(stage).nullish(),
});
const options = z.object({
  scenarios: z.record(z.string(), scenario).nullish(),
  duration: z.string().nullish(),
  stages: z.array(stage).nullish(),
});

interface Stretch {
  readonly kind: PhaseKind;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The course of the load as k6 plans it, from when it begins: neighbouring stages that both rise, stay or fall are one phase. [] where the script
 * does not say (iterations alone have no length), or where scenarios run at the same time: their courses add up to something else.
 */
export function k6Phases(inspected: unknown, startUnixMs: number): readonly RunPhase[] {
  const read = options.safeParse(inspected);
  if (!read.success) return [];
  const { scenarios, duration, stages } = read.data;
  const named = Object.values(scenarios ?? {});
  const all = named.length > 0 ? named : [{ executor: stages ? "ramping-vus" : "constant-vus", duration, stages, startVUs: 1 }];
  const courses = all.map(courseOf);
  if (courses.some((course) => course.length === 0) || overlap(courses)) return [];
  const times = new Map<PhaseKind, number>();
  return courses
    .flat()
    .toSorted((a, b) => a.fromMs - b.fromMs)
    .map(({ kind, fromMs, toMs }) => {
      const time = (times.get(kind) ?? 0) + 1;
      times.set(kind, time);
      const name = time === 1 ? kind : `${kind} ${time}`;
      return { name, kind, startUnixMs: startUnixMs + fromMs, endUnixMs: startUnixMs + toMs, source: "generator" };
    });
}

function courseOf({ startTime, duration, startRate, startVUs, stages }: z.output<typeof scenario>): readonly Stretch[] {
  const beginMs = parseDurationMs(startTime ?? "0") ?? 0;
  const lengthMs = parseDurationMs(duration ?? "");
  if (stages === undefined || stages === null) {
    return lengthMs === undefined || lengthMs <= 0 ? [] : [{ kind: "hold", fromMs: beginMs, toMs: beginMs + lengthMs }];
  }
  let [level, atMs] = [startRate ?? startVUs ?? 0, beginMs];
  const course: Stretch[] = [];
  // A jump without a length parts what stands before it from what follows.
  let isJump = false;
  for (const { duration: text, target } of stages) {
    const stageMs = parseDurationMs(text) ?? 0;
    const kind = target > level ? "ramp" : target < level ? "cool" : "hold";
    const last = course.at(-1);
    if (stageMs > 0 && last?.kind === kind && !isJump) course[course.length - 1] = { ...last, toMs: atMs + stageMs };
    else if (stageMs > 0) course.push({ kind, fromMs: atMs, toMs: atMs + stageMs });
    isJump = stageMs === 0 && target !== level;
    [level, atMs] = [target, atMs + stageMs];
  }
  return course;
}

function overlap(courses: readonly (readonly Stretch[])[]): boolean {
  const spans = courses.map((course) => [course[0]?.fromMs ?? 0, course.at(-1)?.toMs ?? 0] as const).toSorted((a, b) => a[0] - b[0]);
  return spans.some(([from], index) => index > 0 && from < (spans[index - 1]?.[1] ?? 0));
}
