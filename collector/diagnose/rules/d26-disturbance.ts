import type { RunLedger } from "../../model/ledger.ts";
import { changePoints } from "../../stats/change-points.ts";
import type { Scope } from "../digest-types.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { faultsOf } from "./faults.ts";
import { finding } from "./finding.ts";
import { formatCount, formatShare } from "./format-value.ts";
import { pointsIn } from "./gauge-facts.ts";
import { type GaugeLookup, NOTHING, type Rule } from "./rule.ts";
import { failedOf, loadOf, streamOf } from "./stream-facts.ts";

/** s between an event and what may be its effect. */
const CLOSE = 1;
/** Of the requests of a second: smaller changes are none. */
const LEAST_CHANGE = 0.05;
/** Events that come all the time coincide with everything. */
const MOST_EVENTS = 10;

/** Failures begin, within a second, when something else happened: a restart, swapping, a pause. That is all: it need not be the cause. */
export const disturbance: Rule = {
  id: "D26",
  title: "It coincides with a disturbance",
  where: "from the moment of a disturbance on",
  look({ digest, ledger, gauges }) {
    const load = loadOf(digest);
    const client = streamOf(load?.total, "client") ?? streamOf(load?.total, "proxy");
    if (load === undefined || client === undefined || failedOf(client) === 0) return NOTHING;
    const share = client.perSecond.map((count, index) => (count === 0 ? 0 : (client.failedPerSecond[index] ?? 0) / count));
    const broke = changePoints(share, { minChange: LEAST_CHANGE }).filter(({ before, after }) => after > before);
    const events = [...markedEvents(ledger), ...counterEvents(gauges, load.scope)];
    return {
      findings: broke.flatMap(({ index, before, after }) => {
        const second = load.scope.startSecond + index;
        const event = events.find((one) => Math.abs(one.second - second) <= CLOSE);
        if (event === undefined) return [];
        return [
          finding({
            rule: "D26",
            hop: undefined,
            effect: "risk",
            state: "consistent",
            confidence: "low",
            claim: `failures went from ${formatShare(before)} to ${formatShare(after)} in second ${formatCount(index)} of the load, when this happened: ${event.text}`,
            evidence: [
              evidence("share of failed requests before and after", fieldOf(client, "outcome"), `${formatShare(before)}, ${formatShare(after)}`, {
                how: "change point of the seconds",
              }),
              evidence("the other event", event.field, `${event.text}, second ${formatCount(event.second - load.scope.startSecond)}`),
            ],
            counterEvidence: [evidence("that the one caused the other", "time", "only their moments agree")],
            nextStep: "run again without the disturbance: if the failures stay, it was not the cause",
          }),
        ];
      }),
    };
  },
};

interface Event {
  readonly second: number;
  readonly text: string;
  readonly field: string;
}

function markedEvents(ledger: RunLedger): readonly Event[] {
  const alerts = ledger.marks
    .filter(({ kind }) => kind === "system")
    .map(({ text, timeUnixMs }) => ({ second: Math.floor(timeUnixMs / 1000), text, field: "marks" }));
  return [...faultsOf(ledger).map(({ text, startSecond }) => ({ second: startSecond, text, field: "marks" })), ...alerts];
}

/** Swapping in, processes that start again: seconds in which a counter rises that hardly ever does. */
function counterEvents(gauges: GaugeLookup, scope: Scope): readonly Event[] {
  const series = [
    ...gauges
      .named("system.paging.operations")
      .filter(({ attributes }) => (attributes["system.paging.direction"] ?? attributes["direction"]) === "in"),
    ...gauges.matching(/restarts?$/),
  ];
  return series.flatMap((one) => {
    const risen = pointsIn(one, scope).filter(({ sum }) => sum > 0);
    return risen.length === 0 || risen.length > MOST_EVENTS
      ? []
      : risen.map(({ second, sum }) => ({ second, text: `${one.name} +${formatCount(sum)}`, field: one.name }));
  });
}
