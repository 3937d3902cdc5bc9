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
 * What was given is taken as it is, cut to nothing; nothing is detected beside it.
 */
export function phasesOf(ledger: RunLedger): readonly RunPhase[] {
  const window = loadWindow(ledger);
  const given = ledger.phases.filter(({ kind }) => kind !== "before" && kind !== "after");
  const course = given.filter(({ kind }) => COURSE.has(kind));
  const scenarios = given.filter(({ kind }) => kind === "scenario");
  const all = [
    ...rest(ledger, window),
    ...(course.length > 0 ? course : detected(ledger, window)),
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
