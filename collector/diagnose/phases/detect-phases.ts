import type { RunLedger } from "../../model/ledger.ts";
import type { PhaseKind, RunPhase } from "../../model/run.ts";
import { type LoadPhaseKind, loadPhases } from "../../stats/load-phases.ts";
import { type LoadWindow, loadWindow } from "../digest/scopes.ts";
import { offeredRate } from "./offered-rate.ts";

/** k6 calls a script's only scenario so; it is the load itself. */
const UNNAMED_SCENARIO = "default";
const COURSE: ReadonlySet<PhaseKind> = new Set(["ramp", "hold", "cool"]);
/** ms. What is shorter is the edge of a second. */
const SHORTEST_REST_MS = 1000;

/**
 * The stretches of a run, in order of time: `before` and `after` the load; ramp, hold and cool as the generator or people gave them, else as the
 * offered rate shows them; and the generator's scenarios, which may overlap the others.
 *
 * What people gave is taken as it is; what a generator planned is put where its load really lay. Nothing is detected beside it.
 */
export function phasesOf(ledger: RunLedger): readonly RunPhase[] {
  const window = loadWindow(ledger);
  const given = ledger.phases.filter(({ kind }) => kind !== "before" && kind !== "after");
  const course = given.filter(({ kind }) => COURSE.has(kind));
  const scenarios = given.filter(({ kind }) => kind === "scenario");
  const all = [
    ...rest(ledger, window),
    ...(course.length > 0 ? asItHappened(course, ledger, window) : detected(ledger, window)),
    ...(scenarios.length > 0 ? scenarios : scenariosOf(ledger)),
  ];
  return all.toSorted((a, b) => a.startUnixMs - b.startUnixMs || b.endUnixMs - a.endUnixMs);
}

function rest(ledger: RunLedger, window: LoadWindow): readonly RunPhase[] {
  const told = ledger.phases.filter(({ kind }) => kind === "before" || kind === "after");
  if (told.length > 0) return told;
  if (window.from === "none") return [];
  const { run } = ledger;
  const [loadStartMs, loadEndMs] = [run.loadStartUnixMs ?? window.startSecond * 1000, run.loadEndUnixMs ?? window.endSecond * 1000];
  const source = window.from === "run" ? "given" : "detected";
  const before: RunPhase = { name: "before", kind: "before", startUnixMs: run.startUnixMs, endUnixMs: loadStartMs, source };
  const after: RunPhase = { name: "after", kind: "after", startUnixMs: loadEndMs, endUnixMs: run.endUnixMs ?? loadEndMs, source };
  return [before, after].filter(({ startUnixMs, endUnixMs }) => endUnixMs - startUnixMs >= SHORTEST_REST_MS);
}

/** ms. A generator that begins later than that after its start did something else first that its plan does not know of. */
const LONGEST_SETUP_MS = 120_000;

/** A plan counts from the generator's start: setting up comes first, and a load that was stopped ends before its plan does. */
function asItHappened(course: readonly RunPhase[], { cells }: RunLedger, window: LoadWindow): readonly RunPhase[] {
  const planned = course.filter(({ source }) => source === "generator");
  const first = cells.find(({ hop }) => hop === "client");
  if (planned.length === 0 || first === undefined) return course;
  const lateMs = first.second * 1000 - Math.min(...planned.map(({ startUnixMs }) => startUnixMs));
  const shiftMs = lateMs > 1000 && lateMs <= LONGEST_SETUP_MS ? lateMs : 0;
  const endMs = window.endSecond * 1000;
  return course.flatMap((phase) => {
    if (phase.source !== "generator") return [phase];
    const moved = { ...phase, startUnixMs: phase.startUnixMs + shiftMs, endUnixMs: Math.min(endMs, phase.endUnixMs + shiftMs) };
    return moved.endUnixMs > moved.startUnixMs ? [moved] : [];
  });
}

function detected(ledger: RunLedger, window: LoadWindow): readonly RunPhase[] {
  const rate = offeredRate(ledger, window);
  if (rate === undefined) return [];
  const times = new Map<LoadPhaseKind, number>();
  return loadPhases(rate).flatMap(({ kind, from, to }): readonly RunPhase[] => {
    if (kind === "idle") return [];
    const time = (times.get(kind) ?? 0) + 1;
    times.set(kind, time);
    return [
      {
        name: time === 1 ? kind : `${kind} ${time}`,
        kind,
        startUnixMs: (window.startSecond + from) * 1000,
        endUnixMs: (window.startSecond + to) * 1000,
        source: "detected",
      },
    ];
  });
}

/** From the first to the last second in which the client's requests carried a scenario's name. */
function scenariosOf({ cells }: RunLedger): readonly RunPhase[] {
  const seen = new Map<string, { first: number; last: number }>();
  for (const { hop, scenario, second } of cells) {
    if (hop !== "client" || scenario === "" || scenario === UNNAMED_SCENARIO) continue;
    const known = seen.get(scenario) ?? { first: second, last: second };
    seen.set(scenario, { first: Math.min(known.first, second), last: Math.max(known.last, second) });
  }
  return [...seen].map(([name, { first, last }]) => ({
    name,
    kind: "scenario",
    startUnixMs: first * 1000,
    endUnixMs: (last + 1) * 1000,
    source: "generator",
  }));
}
