import type { Hop } from "../../model/catalog.ts";
import { METRICS } from "../../model/catalog.ts";

/** How people call the hops. */
export const HOP_WORDS: ReadonlyMap<string, Hop> = new Map([
  ["client", "client"],
  ["k6", "client"],
  ["proxy", "proxy"],
  ["nginx", "proxy"],
  ["app", "application"],
  ["application", "application"],
  ["server", "application"],
  ["store", "store"],
  ["db", "store"],
]);

/** Short names of series; any other word is taken as the name of a metric itself. */
export const SERIES_WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["permits", [METRICS.requestPermitsAvailableMin.name, METRICS.requestPermitsAvailable.name]],
  ["rss", [METRICS.processMemoryUsage.name]],
  ["memory", [METRICS.processMemoryUsage.name]],
  ["private", [METRICS.processMemoryPrivate.name]],
  ["virtual", [METRICS.processMemoryVirtual.name]],
  ["threads", [METRICS.processThreadCount.name]],
  ["fds", [METRICS.processUnixFileDescriptorCount.name]],
  ["handles", [METRICS.processWindowsHandleCount.name]],
  ["in_flight", [METRICS.responseBodiesInFlight.name]],
]);

export const LABELS = ["endpoint", "scenario", "status", "hop", "cohort"] as const;

/** What a selection of requests may be called besides. */
export const LABEL_WORDS: ReadonlyMap<string, (typeof LABELS)[number]> = new Map([
  ...LABELS.map((label) => [label, label] as const),
  ["name", "endpoint"],
  ["url", "endpoint"],
]);

export const COMPARISONS = ["<=", ">=", "==", "!=", "<", ">", "="] as const;

/** Unit → factor to ms, share, bytes, a second. K = 1000, Ki = 1024. */
export const UNITS: ReadonlyMap<string, { readonly unit: "ms" | "share" | "bytes" | "per_second"; readonly factor: number }> = new Map([
  ["us", { unit: "ms", factor: 0.001 }],
  ["ms", { unit: "ms", factor: 1 }],
  ["s", { unit: "ms", factor: 1000 }],
  ["m", { unit: "ms", factor: 60_000 }],
  ["min", { unit: "ms", factor: 60_000 }],
  ["%", { unit: "share", factor: 0.01 }],
  ["B", { unit: "bytes", factor: 1 }],
  ["KB", { unit: "bytes", factor: 1e3 }],
  ["kB", { unit: "bytes", factor: 1e3 }],
  ["MB", { unit: "bytes", factor: 1e6 }],
  ["GB", { unit: "bytes", factor: 1e9 }],
  ["KiB", { unit: "bytes", factor: 1024 }],
  ["MiB", { unit: "bytes", factor: 1024 ** 2 }],
  ["GiB", { unit: "bytes", factor: 1024 ** 3 }],
  ["/s", { unit: "per_second", factor: 1 }],
]);
