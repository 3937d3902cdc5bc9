import { Attributes } from "../../model/attributes.ts";
import { K6_JSON_FACTS } from "./k6-json.ts";
import { emitK6Summary, type K6SummaryMetric } from "./k6-summary.ts";
import { openDocument } from "./open-lines.ts";
import { amountOf, type JsonObject, objectOf, parseJson, textOf } from "./parse-number.ts";
import type { Emit, FormatFacts, LoadFormat } from "./reader.ts";

export const K6_SUMMARY_EXPORT_FACTS: FormatFacts = {
  ...K6_JSON_FACTS,
  format: "k6-summary-export",
  title: "JSON of `k6 run --summary-export FILE`, or the object that a script's handleSummary() gets.",
  gives: ["run", "aggregate", "sample", "threshold", "note"],
  endpoint: "Only what a threshold names as a sub-metric: `http_req_duration{name:ok}`.",
  time: "None.",
  errorKinds: [],
  limits: [
    "How requests failed is not in it: failures are given with unknown outcome.",
    "Quantiles are of the whole run, ramps and failed requests included; requests without a connection count as 0 ms.",
    "`--summary-export` writes false for a threshold that held and true for one that failed; turned round here.",
  ],
};

/**
 * grafana/k6 internal/cmd and lib/summary: of `--summary-export`, `thresholds: {expr: boolean}` where the boolean says whether it FAILED; of
 * handleSummary, `thresholds: {expr: {ok}}` where `ok` says whether it held, and values one level down.
 */
export const k6SummaryExport: LoadFormat = {
  facts: K6_SUMMARY_EXPORT_FACTS,
  detect: ({ json, text }) =>
    json === undefined
      ? text.trimStart().startsWith("{") && text.includes('"root_group"')
      : objectOf(json["root_group"]) !== undefined && objectOf(json["metrics"]) !== undefined,
  open: ({ emit }) =>
    openDocument((text) => {
      const document = objectOf(parseJson(text));
      if (document === undefined) return "bad_json";
      const metrics = objectOf(document["metrics"]);
      if (metrics === undefined) return "unknown_shape";
      const durationMs = amountOf(objectOf(document["state"])?.["testRunDurationMs"]);
      const durationSeconds = durationMs === undefined ? undefined : durationMs / 1000;
      emit({
        kind: "run",
        generator: "k6",
        version: "",
        startUnixNano: undefined,
        endUnixNano: undefined,
        durationSeconds,
        concurrency: undefined,
        target: "",
        tags: Attributes.EMPTY,
      });
      const entries = Object.entries(metrics).flatMap(([name, metric]) => metricOf(name, metric, emit));
      emitK6Summary(entries, durationSeconds, emit);
      emitChecks(objectOf(document["root_group"]), emit, 0);
      return "accepted";
    }),
};

function metricOf(name: string, value: unknown, emit: Emit): readonly K6SummaryMetric[] {
  const metric = objectOf(value);
  if (metric === undefined) return [];
  for (const [expression, verdict] of Object.entries(objectOf(metric["thresholds"]) ?? {})) {
    const passed = typeof verdict === "boolean" ? !verdict : objectOf(verdict)?.["ok"];
    if (typeof passed === "boolean") emit({ kind: "threshold", metric: name, expression, passed });
  }
  return [{ name, values: objectOf(metric["values"]) ?? metric }];
}

/** k6 itself refuses no depth; deeper than this no script groups its checks. */
const MAX_GROUP_DEPTH = 50;

/** Checks by name; groups and checks are objects by name in the one form, lists in the other. */
function emitChecks(group: JsonObject | undefined, emit: Emit, depth: number): void {
  if (group === undefined || depth > MAX_GROUP_DEPTH) return;
  for (const value of membersOf(group["checks"])) {
    const check = objectOf(value);
    const [passes, fails] = [amountOf(check?.["passes"]), amountOf(check?.["fails"])];
    if (check === undefined || passes === undefined || fails === undefined) continue;
    const tags = Attributes.from({ check: textOf(check["name"]), group: textOf(group["path"]) });
    const sample = { kind: "sample", type: "total", unit: "", timeUnixNano: undefined, tags } as const;
    emit({ ...sample, name: "check.passes", value: passes });
    emit({ ...sample, name: "check.fails", value: fails });
  }
  for (const child of membersOf(group["groups"])) emitChecks(objectOf(child), emit, depth + 1);
}

function membersOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : Object.values(objectOf(value) ?? {});
}
