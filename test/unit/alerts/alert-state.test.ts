import { expect, test } from "vitest";
import { type AlertState, advanceAlerts, RESOLVED_RETENTION_MS } from "../../../collector/alerts/alert-state.ts";
import { LabelSet } from "../../../collector/promql/label-set.ts";

const A = { labels: LabelSet.from({ alertname: "x", i: "a" }), annotations: {}, value: 1 };
const B = { ...A, labels: LabelSet.from({ alertname: "x", i: "b" }) };

/** States after each step, as `a pending` and the like; a step says which label sets hold, and when (s). */
function run(
  rule: { forMs?: number; keepFiringForMs?: number },
  steps: readonly (readonly [seconds: number, ...holds: (typeof A)[]])[],
): readonly string[] {
  let states: ReadonlyMap<string, AlertState> = new Map();
  return steps.map(([seconds, ...holds]) => {
    states = advanceAlerts(states, holds, { forMs: 0, keepFiringForMs: 0, ...rule }, seconds * 1000);
    return [...states.values()]
      .map(({ labels, state }) => `${labels.get("i")} ${state}`)
      .sort()
      .join(", ");
  });
}

test("without `for` it fires at once, and is resolved at once", () => {
  expect(run({}, [[0, A], [5], [10, A]])).toEqual(["a firing", "a resolved", "a firing"]);
});

test("with `for` it is pending first, and a gap begins anew", () => {
  expect(run({ forMs: 10_000 }, [[0, A], [5, A], [9], [10, A], [20, A]])).toEqual(["a pending", "a pending", "", "a pending", "a firing"]);
});

test("each label set has its own clock", () => {
  expect(
    run({ forMs: 10_000 }, [
      [0, A],
      [5, A, B],
      [10, A, B],
      [15, B],
    ]),
  ).toEqual(["a pending", "a pending, b pending", "a firing, b pending", "a resolved, b firing"]);
});

test("keep_firing_for holds on, from the first evaluation that finds nothing", () => {
  const states = run({ keepFiringForMs: 10_000 }, [[0, A], [5], [14], [15]]);
  expect(states).toEqual(["a firing", "a firing", "a firing", "a resolved"]);
  expect(run({ keepFiringForMs: 10_000 }, [[0, A], [5], [10, A], [15], [24], [25]]).at(-2)).toBe("a firing");
});

test("what is resolved is remembered for a quarter of an hour, what was pending is not", () => {
  const quarter = RESOLVED_RETENTION_MS / 1000;
  expect(run({}, [[0, A], [5], [5 + quarter], [6 + quarter]])).toEqual(["a firing", "a resolved", "a resolved", ""]);
});

test("value and annotations are those of now, the start that of then", () => {
  const rule = { forMs: 0, keepFiringForMs: 0 };
  const first = advanceAlerts(new Map(), [A], rule, 1000);
  const [state] = advanceAlerts(first, [{ ...A, value: 7, annotations: { summary: "new" } }], rule, 6000).values();
  expect(state).toMatchObject({ value: 7, annotations: { summary: "new" }, activeMs: 1000, firedMs: 1000 });
  expect([...first.values()][0]?.value).toBe(1);
});
