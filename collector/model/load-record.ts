import { Attributes } from "./attributes.ts";
import type { Correction, DurationMeaning, ErrorKind, Outcome, PhaseTimes } from "./load-outcome.ts";
import type { UnixNano } from "./time.ts";

/** `none`: the format does not tell requests to different endpoints apart. */
export type EndpointSource = "route" | "name" | "url" | "path" | "none";

/** The endpoint in the words of the witness; one normaliser makes the same name of all of them later. */
export interface Endpoint {
  /** In capitals; "" when unknown. */
  readonly method: string;
  /** Explicit name, route, or whatever `source` says; "" when unknown. */
  readonly name: string;
  /** URL or path with its query as sent; "" when unknown or the same as `name`. */
  readonly url: string;
  readonly source: EndpointSource;
}

export const NO_ENDPOINT: Endpoint = { method: "", name: "", url: "", source: "none" };

/** One try of a proxy at an upstream; undefined where the log had `-`: not reached. */
export interface UpstreamTry {
  /** "" when there was none. */
  readonly address: string;
  readonly status: number | undefined;
  readonly connectMs: number | undefined;
  readonly headerMs: number | undefined;
  readonly responseMs: number | undefined;
  /** Counts internal redirects (` : ` in nginx's lists): tries of one group were for the same internal request. */
  readonly redirect: number;
}

/** What only a proxy can tell of a request. */
export interface ProxyView {
  readonly tries: readonly UpstreamTry[];
  /** nginx's `$request_completion`: false when the answer was not handed over to its last byte; undefined when not logged. */
  readonly complete: boolean | undefined;
  /** Whether an upstream was asked at all; false: the proxy itself answered; undefined when not logged. */
  readonly askedUpstream: boolean | undefined;
  /** Serial number of the client's connection; undefined when not logged. */
  readonly connection: number | undefined;
}

/** One request as one witness saw it. A client's is what it sent, a proxy's what it was asked. */
export interface LoadRequest {
  readonly kind: "request";
  readonly endpoint: Endpoint;
  readonly startUnixNano: UnixNano | undefined;
  readonly endUnixNano: UnixNano | undefined;
  /** Which of the two the witness wrote; the other is computed where durations allow it. `none`: no time at all. */
  readonly stamped: "start" | "end" | "none";
  /** Step of the stamp: 1000 means that order and joins within a second are guesswork. */
  readonly stampStepMs: number;
  readonly outcome: Outcome;
  readonly errorKind: ErrorKind | undefined;
  /** As the witness wrote it, cut to a bounded length; "" when there is none. */
  readonly errorText: string;
  /** 0: no answer came. undefined: the format does not say. */
  readonly status: number | undefined;
  /** What the generator itself counts as failed (k6: not an expected status; Gatling: KO). undefined where it does not judge. */
  readonly judgedFailed: boolean | undefined;
  readonly durationMs: number | undefined;
  readonly durationMeans: DurationMeaning;
  readonly phases: PhaseTimes;
  readonly requestBytes: number | undefined;
  /** With or without headers, as the witness counts. */
  readonly responseBytes: number | undefined;
  /** Whether a connection was made for this request. */
  readonly newConnection: boolean | undefined;
  /** "" when not written. */
  readonly vu: string;
  readonly iteration: string;
  readonly scenario: string;
  readonly group: string;
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly requestId: string;
  /** What else the witness wrote: custom tags, protocol, addresses. */
  readonly tags: Attributes;
  readonly proxy: ProxyView | undefined;
}

/** A request of which nothing is known; readers put on top of it what their format says. */
export const BLANK_REQUEST: LoadRequest = {
  kind: "request",
  endpoint: NO_ENDPOINT,
  startUnixNano: undefined,
  endUnixNano: undefined,
  stamped: "none",
  stampStepMs: 0,
  outcome: "unknown",
  errorKind: undefined,
  errorText: "",
  status: undefined,
  judgedFailed: undefined,
  durationMs: undefined,
  durationMeans: "unknown",
  phases: {},
  requestBytes: undefined,
  responseBytes: undefined,
  newConnection: undefined,
  vu: "",
  iteration: "",
  scenario: "",
  group: "",
  traceId: "",
  parentSpanId: "",
  requestId: "",
  tags: Attributes.EMPTY,
  proxy: undefined,
};

export interface Quantile {
  /** 0..1. */
  readonly q: number;
  readonly ms: number;
}

/** A distribution that a generator summed up itself. Nothing in it can be added to another but counts and histograms. */
export interface LatencyView {
  /** `duration`, a phase, or another trend by its own name. */
  readonly of: string;
  readonly means: DurationMeaning;
  /** Of how many requests; undefined when not told. */
  readonly count: number | undefined;
  readonly minMs: number | undefined;
  readonly meanMs: number | undefined;
  readonly maxMs: number | undefined;
  readonly deviationMs: number | undefined;
  /** Rising in `q`. */
  readonly quantiles: readonly Quantile[];
  /** Upper bounds in ms with the count of each bucket; a bucket holds what is above the bound before it. */
  readonly histogram: readonly { readonly toMs: number; readonly count: number }[];
  readonly correction: Correction;
  /** True: requests that got no answer are not in it. undefined: not known. */
  readonly survivorsOnly: boolean | undefined;
}

export const BLANK_LATENCY: LatencyView = {
  of: "duration",
  means: "unknown",
  count: undefined,
  minMs: undefined,
  meanMs: undefined,
  maxMs: undefined,
  deviationMs: undefined,
  quantiles: [],
  histogram: [],
  correction: "unknown",
  survivorsOnly: undefined,
};

/** Requests of one endpoint, or of all, over a window, counted by the generator. */
export interface LoadAggregate {
  readonly kind: "aggregate";
  /** `run`: from its start to its end. `period`: only this window. `so_far`: from the start to the end of this window. */
  readonly scope: "run" | "period" | "so_far";
  /** True: a sum over endpoints that may also be there one by one; never add the two. */
  readonly isTotal: boolean;
  readonly endpoint: Endpoint;
  readonly startUnixNano: UnixNano | undefined;
  readonly endUnixNano: UnixNano | undefined;
  readonly durationSeconds: number | undefined;
  /** Requests that were sent, or, where that is not told, that ended. */
  readonly count: number | undefined;
  readonly outcomes: { readonly [outcome in Outcome]?: number };
  readonly errorKinds: { readonly [kind in ErrorKind]?: number };
  readonly statuses: ReadonlyMap<number, number>;
  readonly latencies: readonly LatencyView[];
  readonly responseBytes: number | undefined;
  readonly tags: Attributes;
}

export const BLANK_AGGREGATE: LoadAggregate = {
  kind: "aggregate",
  scope: "run",
  isTotal: true,
  endpoint: NO_ENDPOINT,
  startUnixNano: undefined,
  endUnixNano: undefined,
  durationSeconds: undefined,
  count: undefined,
  outcomes: {},
  errorKinds: {},
  statuses: new Map(),
  latencies: [],
  responseBytes: undefined,
  tags: Attributes.EMPTY,
};

/** A value that is no request: virtual users, iterations, dropped iterations, checks, memory. */
export interface LoadSample {
  readonly kind: "sample";
  readonly name: string;
  /** `delta` adds up to a count, `total` is that sum so far, `gauge` stands for itself, `rate` is 0 or 1 a point, `trend` one measured value. */
  readonly type: "delta" | "total" | "gauge" | "rate" | "trend";
  /** "", "ms", "By", "1/s", … */
  readonly unit: string;
  readonly timeUnixNano: UnixNano | undefined;
  readonly value: number;
  readonly tags: Attributes;
}

/** A threshold that the generator judged itself. */
export interface LoadThreshold {
  readonly kind: "threshold";
  /** With its sub-metric: `http_req_duration{name:ok}`. */
  readonly metric: string;
  readonly expression: string;
  readonly passed: boolean;
}

/** What the file says of the run as a whole. */
export interface LoadRunFacts {
  readonly kind: "run";
  readonly generator: string;
  readonly version: string;
  readonly startUnixNano: UnixNano | undefined;
  readonly endUnixNano: UnixNano | undefined;
  readonly durationSeconds: number | undefined;
  /** Connections or virtual users; undefined when not told. */
  readonly concurrency: number | undefined;
  readonly target: string;
  readonly tags: Attributes;
}

/** Something that a reader of the report must know about these figures; the sentence that belongs to a code is the reader's. */
export interface LoadNote {
  readonly kind: "note";
  readonly code: string;
  readonly text: string;
}

export type LoadItem = LoadRequest | LoadAggregate | LoadSample | LoadThreshold | LoadRunFacts | LoadNote;
