import type { Hop } from "../model/catalog.ts";
import type { CountedSum, CountSource, JoinPart, LedgerJoin, SumKey } from "../model/ledger.ts";
import type { ErrorKind, Outcome } from "../model/load-outcome.ts";
import type { RunPhase } from "../model/run.ts";
import type { OmissionFlag } from "../stats/coordinated-omission.ts";
import type { ExponentialHistogram } from "../stats/exponential-histogram.ts";

/** A stretch of the run that is looked at by itself. The first scope of a digest is always the whole load. */
export interface Scope {
  /** `load` for all of it, else the phase's name. */
  readonly name: string;
  readonly phase: RunPhase | undefined;
  readonly startSecond: number;
  /** Not in it any more. */
  readonly endSecond: number;
}

/** What one hop saw of one endpoint within a scope, by its best source. Counts of different sources are never added up. */
export interface Stream {
  readonly hop: Hop;
  readonly source: CountSource;
  /** True: counted from spans, which may be sampled; no law is held against it. */
  readonly isUnsure: boolean;
  readonly witnesses: readonly string[];
  readonly count: number;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly errorKinds: ReadonlyMap<ErrorKind, number>;
  /** 0 = no answer; a witness that does not say is not in it. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Requests by scenario, by instance. */
  readonly scenarios: ReadonlyMap<string, number>;
  readonly instances: ReadonlyMap<string, number>;
  /** ms. Of those that were answered with success; undefined where nothing tells. */
  readonly latencyOk: ExponentialHistogram | undefined;
  /** ms. Of those that failed after an answer or a wait (connection errors have none); undefined where nothing tells. */
  readonly latencyFailed: ExponentialHistogram | undefined;
  /** What a duration is (DurationMeaning) and whether coordinated omission distorts it. */
  readonly durationMeans: string;
  readonly omission: OmissionFlag;
  /** Requests that ended without an answer after at least so many ms: right-censored. [] = none. */
  readonly censored: readonly { readonly atMs: number; readonly count: number }[];
  readonly sums: { readonly [key in SumKey]?: CountedSum };
  /** Requests per second of the scope, one number a second from its start. */
  readonly perSecond: Float64Array;
  readonly failedPerSecond: Float64Array;
}

/** All that the hops say of one endpoint within one scope. */
export interface EndpointView {
  /** Canonical name; "" = all endpoints together. */
  readonly endpoint: string;
  readonly by: string;
  /** Names that the witnesses gave it. */
  readonly names: readonly string[];
  /** At most one per hop. Store calls stand under "" and under their operations' names, with hop `store`. */
  readonly streams: ReadonlyMap<Hop, Stream>;
  readonly joins: { readonly [part in JoinPart]?: CountedSum };
  readonly joinedRequests: number;
  /** What `joins` were joined by; absent where there are none. */
  readonly joinedBy?: LedgerJoin["by"];
}

/** What the generator planned and did, within a scope. undefined = nobody told. */
export interface OfferedLoad {
  readonly iterations: number | undefined;
  readonly droppedIterations: number | undefined;
  /** Begun and not ended when the run was over; undefined where no witness can know. */
  readonly interruptedIterations: number | undefined;
  readonly requestsPerIteration: number | undefined;
  readonly vusMax: number | undefined;
  /** Requests per second that were asked for, where given as such. */
  readonly targetPerSecond: number | undefined;
  /** Requests per second that were sent, mean over the scope. */
  readonly achievedPerSecond: number | undefined;
}

export interface ScopeDigest {
  readonly scope: Scope;
  /** All endpoints together. */
  readonly total: EndpointView;
  /** Those that the client or the proxy asked for, most requests first. */
  readonly endpoints: readonly EndpointView[];
  readonly offered: OfferedLoad;
}

/** The run, summed up once for all rules. */
export interface RunDigest {
  /** `scopes[0]` is the whole load. */
  readonly scopes: readonly ScopeDigest[];
  /** Hops from which anything was heard, in order. */
  readonly hops: readonly Hop[];
}
