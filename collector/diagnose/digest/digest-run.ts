import type { Hop } from "../../model/catalog.ts";
import type { RunLedger } from "../../model/ledger.ts";
import type { RunPhase } from "../../model/run.ts";
import type { RunDigest } from "../digest-types.ts";
import { collectCells, exportSteps, type Tallies } from "./collect-cells.ts";
import { digestScope, type LoadCounts } from "./digest-scope.ts";
import { loadWindow, scopesOf } from "./scopes.ts";

const HOPS: readonly Hop[] = ["client", "network", "proxy", "application", "store"];

/**
 * The run summed up once, for all rules: the whole load first, then each phase of it.
 *
 * Endpoints of all witnesses meet under their canonical names. Each hop is counted by the best of its sources (see `sourcesInOrder`); witnesses of
 * one source are added up, sources never. Of the load are the requests that ended between its start and its end, or soon after: those that
 * were under way when the generator stopped.
 */
export function digestRun(ledger: RunLedger, phases: readonly RunPhase[]): RunDigest {
  const window = loadWindow(ledger);
  const scopes = scopesOf(window, phases);
  const tallies = collectCells(ledger, scopes, exportSteps(ledger));
  const loadCounts: LoadCounts = new Map();
  const digests = scopes.map((scope, index) => digestScope(ledger, { scope, tallies: tallies[index] as Tallies, window, loadCounts }));
  const heard = new Set<string>([
    ...ledger.cells.map(({ hop }) => hop),
    ...ledger.witnesses.map(({ hop }) => hop),
    ...ledger.gauges.flatMap(({ hop, points }) => (hop === undefined || points.length === 0 ? [] : [hop])),
    ...(ledger.aggregates.length > 0 ? ["client"] : []),
  ]);
  return { scopes: digests, hops: HOPS.filter((hop) => heard.has(hop)) };
}
