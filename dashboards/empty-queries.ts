/** Queries that have no answer while all is well, and what must go wrong, or join in, until they have one. */
export interface EmptyQueries {
  /** uid. */
  readonly dashboard: string;
  readonly panel: string;
  readonly refIds: readonly string[];
  readonly filledBy: string;
}

const PROXY =
  "A proxy between client and application whose access log comes in as spans; with it the client's count can be compared with the proxy's.";

/** On a healthy run of the demo's parts on Linux: driver, application with its spans, collector. The test fails for one that has an answer. */
export const EMPTY_QUERIES: readonly EmptyQueries[] = [
  { dashboard: "loadtest-run", panel: "Network ▸", refIds: ["A", "B"], filledBy: PROXY },
  { dashboard: "loadtest-run", panel: "Proxy ▸", refIds: ["A", "B", "C", "D"], filledBy: PROXY },
  { dashboard: "loadtest-run", panel: "Requests by hop", refIds: ["B"], filledBy: PROXY },
  { dashboard: "loadtest-run", panel: "Latency by hop, p50", refIds: ["B"], filledBy: PROXY },
  { dashboard: "loadtest-run", panel: "Latency by hop, p95", refIds: ["B"], filledBy: PROXY },
  {
    dashboard: "loadtest-run",
    panel: "Errors by kind, as the client saw them",
    refIds: ["A"],
    filledBy:
      "Requests that the driver sees fail: permits run out (http_429), the server is stopped (refused, reset), or answers too late (timeout).",
  },
  {
    dashboard: "loadtest-run",
    panel: "Errors by kind, as the client saw them",
    refIds: ["B"],
    filledBy: "k6 as the load generator, and a server that fails or is not there.",
  },
  {
    dashboard: "loadtest-run",
    panel: "Errors by status, as the application answered",
    refIds: ["A"],
    filledBy: "Permits run out (429), a switched-off entry (503), a token that is missing (401).",
  },
  { dashboard: "loadtest-api-server", panel: "File descriptors and handles", refIds: ["B"], filledBy: "A server on Windows." },
];
