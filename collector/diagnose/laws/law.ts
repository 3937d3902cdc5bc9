import type { Hop } from "../../model/catalog.ts";
import type { CountSource, RunLedger } from "../../model/ledger.ts";
import type { Evidence, LawResult } from "../diagnosis.ts";
import type { LoadWindow } from "../digest/scopes.ts";
import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import type { Step } from "./call-order.ts";
import { formatCount } from "./format-count.ts";
import type { Allowance } from "./tolerance.ts";

/** What a law needs beside the view it is held against. */
export interface LawContext {
  readonly ledger: RunLedger;
  readonly window: LoadWindow;
  /** s between the exports of each hop's counters. */
  readonly exportSteps: ReadonlyMap<Hop, number>;
  /** Which endpoints an iteration calls one after the other. */
  readonly steps: (digest: ScopeDigest) => readonly Step[];
  /** Requests of the application within the scope by source, for the sources that were not counted by. */
  readonly applicationCounts: (digest: ScopeDigest, endpoint: string) => ReadonlyMap<CountSource, number>;
}

/** Holds one law against one endpoint within one scope: [] where it does not speak of such a view at all. */
export type Law = (digest: ScopeDigest, endpoint: EndpointView, context: LawContext) => readonly LawResult[];

export interface Balance {
  readonly law: LawResult["law"];
  readonly digest: ScopeDigest;
  readonly endpoint: EndpointView;
  readonly statement: string;
  readonly left: number;
  readonly right: number;
  readonly allowance: Allowance;
  /** Beside what makes up the tolerance. */
  readonly notes?: readonly string[];
  readonly evidence: readonly Evidence[];
}

export function balanced({ law, digest, endpoint, statement, left, right, allowance, notes = [], evidence }: Balance): LawResult {
  const difference = left - right;
  return {
    law,
    scope: digest.scope.name,
    endpoint: endpoint.endpoint,
    state: Math.abs(difference) <= allowance.value ? "holds" : "broken",
    statement,
    left,
    right,
    difference,
    tolerance: allowance.value,
    note: sentences([...notes, allowance.note]),
    evidence,
  };
}

/** A law that cannot be held: `note` names the witness that is missing. What is known of it is told. */
export function unknown(
  law: LawResult["law"],
  digest: ScopeDigest,
  endpoint: EndpointView,
  told: Pick<LawResult, "statement" | "note"> & Partial<Pick<LawResult, "left" | "right" | "evidence">>,
): LawResult {
  const { left, right } = told;
  return {
    law,
    scope: digest.scope.name,
    endpoint: endpoint.endpoint,
    state: "unknown",
    left,
    right,
    difference: left === undefined || right === undefined ? undefined : left - right,
    tolerance: undefined,
    evidence: [],
    ...told,
  };
}

/** Whether a hop was heard of nowhere, which the view of all endpoints says once for all of them. */
export function isSaidByTotal(digest: ScopeDigest, { endpoint }: EndpointView, hop: Hop): boolean {
  return endpoint !== "" && !digest.total.streams.has(hop);
}

/** A count with where it was read. `n` of how many requests; undefined where it is the number itself. */
export function counted(digest: ScopeDigest, what: string, stream: Stream, count: number, how = "", n?: number): Evidence {
  return { what, field: fieldOf(stream), window: digest.scope.name, value: formatCount(count), n, how };
}

/** `nginx requests`, `api-server metrics`. */
export function fieldOf({ witnesses, source }: Stream): string {
  return `${witnesses.join(" + ")} ${source}`;
}

/** `GET /api/works`, or `all endpoints`. */
export function nameOf({ endpoint }: EndpointView): string {
  return endpoint === "" ? "all endpoints" : endpoint;
}

export function sentences(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("; ");
}
