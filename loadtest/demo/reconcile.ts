import type { EndpointResult } from "../driver/drive-result.ts";

/** One endpoint and status, counted at both ends of the wire. */
export interface CountRow {
  readonly route: string;
  readonly status: number;
  readonly driver: number;
  readonly server: number;
}

export interface Reconciliation {
  readonly rows: readonly CountRow[];
  /** In words; empty = both sides agree. */
  readonly disagreements: readonly string[];
}

/**
 * Holds the driver's responses against the server's metrics. Requests that the driver gave up or lost (timeout, reset, refused) may have been
 * counted by the server all the same, so the server may have up to that many more; any other difference is a disagreement.
 */
export function reconcile(endpoints: readonly EndpointResult[], server: ReadonlyMap<string, ReadonlyMap<number, number>>): Reconciliation {
  const rows: CountRow[] = [];
  const disagreements: string[] = [];
  const routes = [...new Set([...endpoints.map(({ name }) => name), ...server.keys()])];
  for (const route of routes) {
    const endpoint = endpoints.find(({ name }) => name === route);
    const driven = endpoint?.statuses ?? new Map<number, number>();
    const served = server.get(route) ?? new Map<number, number>();
    const statuses = [...new Set([...driven.keys(), ...served.keys()])].sort((a, b) => a - b);
    const ofRoute = statuses.map((status) => ({ route, status, driver: driven.get(status) ?? 0, server: served.get(status) ?? 0 }));
    rows.push(...ofRoute);
    const unanswered = (endpoint?.sent ?? 0) - [...driven.values()].reduce((sum, count) => sum + count, 0);
    const extra = ofRoute.reduce((sum, row) => sum + row.server - row.driver, 0);
    const missing = ofRoute.filter((row) => row.server < row.driver);
    if (missing.length > 0 || extra > unanswered) {
      const counts = ofRoute.map((row) => `${row.status}: ${row.driver} against ${row.server}`).join(", ");
      disagreements.push(`${route || "(no route)"}: driver against server, ${counts}; ${unanswered} requests of the driver ended without an answer`);
    }
  }
  return { rows, disagreements };
}
