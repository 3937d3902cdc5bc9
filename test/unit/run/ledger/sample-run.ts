import { NO_CONDITIONS, type Run } from "../../../../collector/model/run.ts";

export const START_MS = Date.UTC(2026, 4, 12, 4, 51);

export function sampleRun(changes: Partial<Run> = {}): Run {
  return {
    id: "20260512-045100-spike-3f2a",
    name: "spike",
    labels: { branch: "main" },
    state: "open",
    startUnixMs: START_MS,
    endUnixMs: undefined,
    loadStartUnixMs: START_MS + 10_000,
    loadEndUnixMs: undefined,
    conditions: { ...NO_CONDITIONS, command: ["k6", "run", "spike.js"], versions: { k6: "2.2.0" } },
    gates: [{ expression: "http_req_failed < 1%", phase: "", source: "thresholds.yaml:4" }],
    exit: undefined,
    ...changes,
  };
}
