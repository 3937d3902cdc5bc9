import { outermostOf, streamOf } from "../../../diagnose/rules/stream-facts.ts";
import { evenSplit } from "../../../stats/even-split.ts";
import type { ComparedRun } from "../compared-run.ts";
import { figure, type RunFigure } from "./run-figure.ts";

/** Of an alert that ended, as webhooks of Alertmanager and Grafana say it. */
const ENDED = /^(resolved|ok|inactive|ended)$/i;
const ENDS_SO = /\b(resolved|ended|is over)\b/i;

/** How much was done, by how many, how evenly, and how often an alarm went off. */
export function loadFigures(run: ComparedRun): readonly RunFigure[] {
  const { load, ledger } = run;
  const { offered, scope, total } = load;
  const asker = outermostOf(total);
  const seconds = loadSecondsOf(run);
  const perSecond = offered.achievedPerSecond ?? (asker === undefined || seconds <= 0 ? undefined : asker.count / seconds);
  const okShare = asker === undefined ? undefined : okShareOf(asker.outcomes, asker.count);
  const alerts = ledger.marks.filter(({ kind }) => kind === "alert");
  const fired = alerts.filter(({ text, labels, timeUnixMs }) => {
    const state = labels["status"] ?? labels["state"] ?? labels["alertstate"] ?? "";
    return !ENDED.test(state) && !ENDS_SO.test(text) && timeUnixMs >= scope.startSecond * 1000;
  });
  return [
    ...figure("requests_per_second", "", perSecond),
    ...figure("successes_per_second", "", perSecond === undefined || okShare === undefined ? undefined : perSecond * okShare),
    ...figure("iterations_per_second", "", offered.iterations === undefined || seconds <= 0 ? undefined : offered.iterations / seconds),
    ...figure("virtual_users", "", offered.vusMax),
    ...figure("imbalance", "", imbalanceOf(run)),
    ...figure("alarms", "", fired.length),
  ];
}

/** s from the start to the end of the load, without the time in which only the last answers were waited for. */
export function loadSecondsOf({ ledger, load }: ComparedRun): number {
  const { loadStartUnixMs, loadEndUnixMs } = ledger.run;
  // Whole seconds, as requests are counted by.
  if (loadStartUnixMs !== undefined && loadEndUnixMs !== undefined) return Math.ceil(loadEndUnixMs / 1000) - Math.floor(loadStartUnixMs / 1000);
  return load.scope.endSecond - load.scope.startSecond;
}

/** undefined where the witness does not tell successes apart. */
function okShareOf(outcomes: ReadonlyMap<string, number>, count: number): number | undefined {
  if (count === 0 || outcomes.get("unknown") === count) return undefined;
  return (outcomes.get("ok") ?? 0) / count;
}

/** Load of the busiest of several instances over the mean; where there is only one, nothing can be uneven. */
function imbalanceOf({ load: { total } }: ComparedRun): number | undefined {
  const stream = [streamOf(total, "application"), streamOf(total, "proxy")].find((one) => (one?.instances.size ?? 0) > 1);
  return stream === undefined ? undefined : evenSplit([...stream.instances.values()]).maxToMean;
}
