import { canonicalOfEndpoint } from "../diagnose/digest/canonical.ts";
import type { RunLedger } from "../model/ledger.ts";
import type { LatencyView, LoadAggregate } from "../model/load-record.ts";
import type { ReportPrinted } from "./report-schema.ts";
import { orNull, rounded } from "./round-number.ts";
import { visibleLine } from "./visible-text.ts";

const MOST_ROWS = 40;
/** Those that people ask for; others only where none of them was printed. */
const USUAL = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const FEW = 3;
const MOST_NAME_CHARS = 120;

/**
 * Latencies of whole requests over the whole run as generators printed them (wrk, ab, Locust, k6's summary): the total first. Nobody can check
 * such quantiles or put them together with others, so they stand beside what was counted and are never merged with it.
 */
export function reportPrinted(ledger: RunLedger): readonly ReportPrinted[] {
  const byName = new Map<string, { readonly row: ReportPrinted; readonly item: LoadAggregate }>();
  for (const { witness, item } of ledger.aggregates) {
    const view = viewOf(item);
    if (view === undefined) continue;
    const endpoint = endpointOf(ledger, item);
    const key = JSON.stringify([witness, endpoint]);
    const known = byName.get(key);
    // One that is of more requests says more; of parts of an endpoint nobody can make the whole.
    if (known !== undefined && (known.item.count ?? 0) >= (item.count ?? 0)) continue;
    byName.set(key, { row: rowOf(witness, endpoint, item, view), item });
  }
  return [...byName.values()]
    .map(({ row }) => row)
    .toSorted((a, b) => Number(a.endpoint !== "") - Number(b.endpoint !== "") || (b.requests ?? 0) - (a.requests ?? 0))
    .slice(0, MOST_ROWS);
}

function viewOf({ scope, latencies }: LoadAggregate): LatencyView | undefined {
  if (scope === "period") return undefined;
  const told = latencies.filter(({ quantiles, correction }) => quantiles.length > 0 && correction !== "broken");
  return told.find(({ of }) => of === "duration") ?? told.find(({ of }) => of === "first_byte");
}

/** What is not of one endpoint, and not of all, is of the tags that it has (k6: `expected_response:true`). */
function endpointOf(ledger: RunLedger, { endpoint, isTotal, tags }: LoadAggregate): string {
  if (isTotal) return "";
  if (endpoint.name !== "") return visibleLine(canonicalOfEndpoint(ledger, endpoint), MOST_NAME_CHARS);
  return visibleLine([...tags].map(([name, { value }]) => `${name}: ${String(value)}`).join(", "), MOST_NAME_CHARS);
}

function rowOf(witness: string, endpoint: string, { count }: LoadAggregate, view: LatencyView): ReportPrinted {
  const usual = view.quantiles.filter(({ q }) => USUAL.includes(q));
  return {
    witness,
    endpoint,
    requests: orNull(view.count ?? count),
    means: view.means,
    meanMs: rounded(view.meanMs),
    maxMs: rounded(view.maxMs),
    quantiles: (usual.length > 0 ? usual : view.quantiles.slice(-FEW)).map(({ q, ms }) => ({ q, ms: rounded(ms) ?? 0 })),
    correction: view.correction,
    survivorsOnly: orNull(view.survivorsOnly),
  };
}
