import type { Hop } from "../../model/catalog.ts";
import type { LedgerCell, RunLedger } from "../../model/ledger.ts";
import type { Outcome } from "../../model/load-outcome.ts";
import type { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import { cellsOf, latencyOfCells } from "../rules/cell-facts.ts";
import { streamOf } from "../rules/stream-facts.ts";

/** The requests that a threshold is of. */
export interface Selection {
  readonly count: number;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly statuses: ReadonlyMap<number, number>;
  readonly latencyOk: ExponentialHistogram | undefined;
  /** ms that those waited at least which got no answer; 0 where none of them is known. */
  readonly longestWaitMs: number;
  readonly isUnsure: boolean;
  /** Stream that they were chosen from. */
  readonly stream: Stream;
}

/** A selection, or why there is none. */
export type Selected = Selection | { readonly missing: string };

/** Requests that a hop saw in a scope, narrowed by labels. */
export function selectRequests(ledger: RunLedger, scope: ScopeDigest, hop: Hop, labels: ReadonlyMap<string, string>): Selected {
  const endpoint = labels.get("endpoint");
  const view = endpoint === undefined ? scope.total : viewOf(scope, endpoint);
  if (view === undefined)
    return { missing: `no endpoint is called "${endpoint}"; there are: ${scope.endpoints.map((one) => one.endpoint).join(", ") || "none"}` };
  const stream = streamOf(view, hop);
  if (stream === undefined)
    return {
      missing: `${hop === "client" ? "no generator told of requests" : `nobody told what the ${hop} saw`}${endpoint === undefined ? "" : ` of ${view.endpoint}`}`,
    };
  const filters = filtersOf(labels);
  if (filters.length === 0) return whole(stream);
  const cells = cellsOf(ledger, scope.scope, stream, view.endpoint).filter((cell) => filters.every((fits) => fits(cell)));
  if (cells.length === 0)
    return {
      missing: `no request has ${[...labels]
        .filter(([key]) => key !== "endpoint" && key !== "hop")
        .map(([key, value]) => `${key}=${value}`)
        .join(", ")}`,
    };
  return narrowed(stream, cells);
}

/** By its canonical name, by what a witness calls it, or by its path alone. */
export function viewOf(scope: ScopeDigest, endpoint: string): EndpointView | undefined {
  return (
    scope.endpoints.find((view) => view.endpoint === endpoint) ??
    scope.endpoints.find((view) => view.names.includes(endpoint)) ??
    scope.endpoints.find((view) => view.endpoint.slice(view.endpoint.indexOf(" ") + 1) === endpoint)
  );
}

function filtersOf(labels: ReadonlyMap<string, string>): readonly ((cell: LedgerCell) => boolean)[] {
  const filters: ((cell: LedgerCell) => boolean)[] = [];
  const scenario = labels.get("scenario");
  if (scenario !== undefined) filters.push((cell) => cell.scenario === scenario);
  const status = labels.get("status");
  if (status !== undefined) filters.push((cell) => hasStatus(cell.status, status));
  // A cohort is whatever label a witness has for it: a scenario of its own, or an instance.
  const cohort = labels.get("cohort");
  if (cohort !== undefined) filters.push((cell) => cell.scenario === cohort || cell.instance === cohort);
  return filters;
}

function hasStatus(status: number | undefined, wanted: string): boolean {
  if (status === undefined) return false;
  return /^[1-5]xx$/.test(wanted) ? Math.floor(status / 100) === Number(wanted[0]) : status === Number(wanted);
}

function whole(stream: Stream): Selection {
  const { count, outcomes, statuses, latencyOk, isUnsure, censored } = stream;
  return { count, outcomes, statuses, latencyOk, isUnsure, stream, longestWaitMs: Math.max(0, ...censored.map(({ atMs }) => atMs)) };
}

function narrowed(stream: Stream, cells: readonly LedgerCell[]): Selection {
  const [outcomes, statuses] = [new Map<Outcome, number>(), new Map<number, number>()];
  let count = 0;
  for (const cell of cells) {
    count += cell.count;
    outcomes.set(cell.outcome, (outcomes.get(cell.outcome) ?? 0) + cell.count);
    if (cell.status !== undefined) statuses.set(cell.status, (statuses.get(cell.status) ?? 0) + cell.count);
  }
  const waits = latencyOfCells(cells.filter(({ outcome }) => outcome === "timeout"));
  return {
    count,
    outcomes,
    statuses,
    latencyOk: latencyOfCells(cells.filter(({ outcome }) => outcome === "ok")),
    longestWaitMs: waits?.min ?? 0,
    isUnsure: stream.isUnsure,
    stream,
  };
}
