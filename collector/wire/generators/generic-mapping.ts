import type { DurationMeaning } from "../../model/load-outcome.ts";
import type { EndpointSource, LoadSample } from "../../model/load-record.ts";

export type MappedTimeUnit = "s" | "ms" | "us" | "ns" | "rfc3339" | "auto";
export type MappedDurationUnit = "s" | "ms" | "us" | "ns";

/** A column of a table, or a dotted path into an object of JSON (`stats.rtt.p50`). */
export type Source = string;

/** How the rows of a table, or of NDJSON, are requests. */
export interface RequestMapping {
  readonly as: "requests";
  readonly time: { readonly from: Source; readonly unit: MappedTimeUnit; readonly means: "start" | "end" };
  readonly duration?: { readonly from: Source; readonly unit: MappedDurationUnit; readonly means?: DurationMeaning };
  readonly endpoint?: { readonly from: Source; readonly source?: EndpointSource } | { readonly fixed: string };
  readonly method?: Source;
  readonly status?: Source;
  /** Without a status: these values mean success. */
  readonly ok?: { readonly from: Source; readonly values: readonly string[] };
  readonly error?: Source;
  readonly responseBytes?: Source;
  readonly scenario?: Source;
  readonly vu?: Source;
  readonly traceId?: Source;
  readonly requestId?: Source;
  /** Kept as tags: cohort, receiver, instance. */
  readonly tags?: readonly Source[];
}

export interface MappedValue {
  readonly from: Source;
  readonly name: string;
  readonly unit?: string;
  readonly type?: LoadSample["type"];
  /** Multiplies the value: 1048576 makes bytes of MB. */
  readonly factor?: number;
}

/** How the rows of a table, or of NDJSON, are values over time: the memory of a process every two seconds. */
export interface SampleMapping {
  readonly as: "samples";
  readonly time: { readonly from: Source; readonly unit: MappedTimeUnit };
  readonly values: readonly MappedValue[];
  readonly tags?: readonly Source[];
  readonly fixedTags?: Readonly<Record<string, string>>;
}

export interface MappedDistribution {
  /** What it is of: `round_trip`, `end_to_end`. */
  readonly of: string;
  readonly means?: DurationMeaning;
  readonly unit: MappedDurationUnit;
  readonly count?: Source;
  readonly quantiles: readonly { readonly q: number; readonly from: Source }[];
  readonly min?: Source;
  readonly mean?: Source;
  readonly max?: Source;
  readonly survivorsOnly?: boolean;
  /** Which part of the population: `fast`, `slow`. */
  readonly cohort?: string;
}

/** How one document of JSON sums up a run: counters and distributions. */
export interface SummaryMapping {
  readonly as: "summary";
  readonly endpoint?: string;
  readonly start?: { readonly from: Source; readonly unit: MappedTimeUnit };
  readonly durationSeconds?: Source;
  /** Requests, messages or connection attempts, with those that went well. */
  readonly count?: Source;
  readonly ok?: Source;
  readonly counters?: readonly MappedValue[];
  readonly distributions?: readonly MappedDistribution[];
}

export type Mapping = RequestMapping | SampleMapping | SummaryMapping;

/**
 * The tester of `ws-load-test` and its memory tables. Its JSON is not recorded: the paths are the names that its console prints, and the
 * mapping is there to be changed.
 */
export const WEBSOCKET_TESTER_MAPPINGS = {
  summary: {
    as: "summary",
    endpoint: "websocket",
    durationSeconds: "durationSeconds",
    count: "connect.attempts",
    ok: "connect.ok",
    counters: [
      { from: "connect.fail", name: "connect.fail", type: "total" },
      { from: "auth.ok", name: "auth.ok", type: "total" },
      { from: "ping.sent", name: "ping.sent", type: "total" },
      { from: "ping.pong", name: "ping.pong", type: "total" },
      { from: "e2e.sent", name: "e2e.sent", type: "total" },
      { from: "e2e.received", name: "e2e.received", type: "total" },
    ],
    distributions: [
      distribution("round_trip", "rtt"),
      distribution("end_to_end", "e2e"),
      distribution("end_to_end", "e2e.fast", "fast"),
      distribution("end_to_end", "e2e.slow", "slow"),
    ],
  },
  memory: {
    as: "samples",
    time: { from: "Timestamp", unit: "auto" },
    values: [{ from: "WorkingSetMB", name: "process.memory.usage", unit: "By", type: "gauge", factor: 1_048_576 }],
    tags: ["Name"],
  },
} as const satisfies Readonly<Record<string, Mapping>>;

function distribution(of: string, path: string, cohort?: string): MappedDistribution {
  const quantiles = [
    { q: 0.5, from: `${path}.p50` },
    { q: 0.95, from: `${path}.p95` },
    { q: 0.99, from: `${path}.p99` },
  ];
  return { of, means: "round_trip", unit: "ms", quantiles, ...(cohort === undefined ? {} : { cohort }) };
}
