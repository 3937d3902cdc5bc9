/** What a recorder keeps in memory at most; what goes beyond is counted, with a reason. */
export interface RecorderLimits {
  /** Cells of seconds that are not written yet. Beyond, instance, scenario and at last the endpoint become `(other)`. */
  readonly openCells: number;
  /** Endpoints in the words of the witnesses, at most 2^20. */
  readonly endpoints: number;
  /** Series of whatever is no request. */
  readonly series: number;
  /** Cumulative streams whose last value is remembered. */
  readonly streams: number;
  /** Requests that wait for what other witnesses saw of them. */
  readonly pendingJoins: number;
  /** For so long. Who reads one file after the other needs both without bound: the second file's requests come long after the first one's. */
  readonly joinWaitMs: number;
  /** So far ahead of this machine's clock a time is believed. Default: 5 min; without bound where `joinWaitMs` is, as what is read from files has no now. */
  readonly aheadMs: number;
  /** Different cells that a run may have, whenever: beyond, instance, scenario and at last the endpoint become `(other)`. */
  readonly cellKeys: number;
  /** Of one trace. */
  readonly spansPerTrace: number;
  /** Of each pair of hops. */
  readonly clockPairs: number;
  readonly logs: number;
  /** Of each outermost hop. */
  readonly slowTraces: number;
  readonly failedTraces: number;
  /** Of each endpoint, for so many endpoints. */
  readonly sampledTraces: number;
  readonly sampledEndpoints: number;
}

export const RECORDER_LIMITS: RecorderLimits = {
  openCells: 20_000,
  endpoints: 2000,
  series: 2000,
  streams: 10_000,
  pendingJoins: 20_000,
  joinWaitMs: 20_000,
  aheadMs: 300_000,
  cellKeys: 50_000,
  spansPerTrace: 100,
  clockPairs: 2000,
  logs: 1000,
  slowTraces: 20,
  failedTraces: 50,
  sampledTraces: 50,
  sampledEndpoints: 50,
};

/** Stands for names that there was no room for. */
export const OTHER = "(other)";
