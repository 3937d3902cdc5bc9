import type { Hop } from "../../model/catalog.ts";
import type { CountSource } from "../../model/ledger.ts";
import type { Tallies } from "./collect-cells.ts";
import type { Tally } from "./tally.ts";

/** An endpoint of the client with less than this share of its requests need not be known further in: 404s, a set-up call. */
const NEGLIGIBLE = 0.01;

/**
 * Which endpoints of a hop count towards the total of all endpoints; a hop that is absent counts all of them.
 *
 * Proxies and servers are asked by others too (health checks, scrapes, people): what the client never asked for is left out, but only
 * where names are known to meet, that is where every endpoint of the client occurs at the hop as well. Else nothing can be told apart.
 */
export function countedEndpoints(tallies: Tallies): ReadonlyMap<Hop, ReadonlySet<string>> {
  const counted = new Map<Hop, ReadonlySet<string>>();
  const client = tallies.get("client");
  if (client === undefined) return counted;
  const counts = [...client].map(([endpoint, bySource]) => [endpoint, mostOf(bySource)] as const);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const asked = counts.filter(([endpoint, count]) => endpoint !== "" && count >= NEGLIGIBLE * total).map(([endpoint]) => endpoint);
  if (asked.length === 0) return counted;
  const all = new Set(client.keys());
  for (const hop of ["proxy", "application"] as const) {
    const known = tallies.get(hop);
    if (known !== undefined && asked.every((endpoint) => known.has(endpoint))) counted.set(hop, all);
  }
  return counted;
}

function mostOf(bySource: ReadonlyMap<CountSource, Tally>): number {
  return Math.max(0, ...[...bySource.values()].map(({ count }) => count));
}
