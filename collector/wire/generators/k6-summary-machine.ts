import { Attributes } from "../../model/attributes.ts";
import { emitK6Summary } from "./k6-summary.ts";
import { K6_SUMMARY_EXPORT_FACTS } from "./k6-summary-export.ts";
import { openDocument } from "./open-lines.ts";
import { amountOf, type JsonObject, objectOf, parseJson, textOf } from "./parse-number.ts";
import { nanosOfMs, parseRfc3339 } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const K6_SUMMARY_MACHINE_FACTS: FormatFacts = {
  ...K6_SUMMARY_EXPORT_FACTS,
  format: "k6-summary-machine",
  title: "JSON of `k6 run --new-machine-readable-summary --summary-export FILE` (version 1.0.0).",
  gives: ["run", "aggregate", "sample", "note"],
  time: "Only when it was written, which is the end of the run.",
  phases: [],
  limits: [
    "No thresholds, no p99, no phases (in its compact mode), whatever the script's summaryTrendStats say: prefer --out json.",
    "It holds the whole script, with whatever secrets stand in it; the script is left out on reading.",
    "How requests failed is not in it: failures are given with unknown outcome.",
    "Quantiles are of the whole run, ramps and failed requests included; requests without a connection count as 0 ms.",
  ],
};

/** grafana/k6 internal/lib/summary/machinereadable. Files say `p95` and `generated_at`, the schema `p(95)` and `generatedAt`: both are read. */
export const k6SummaryMachine: LoadFormat = {
  facts: K6_SUMMARY_MACHINE_FACTS,
  detect: ({ json, text }) =>
    json === undefined
      ? /^\s*\{\s*"config":\s*\{/.test(text) && text.includes('"execution"')
      : objectOf(json["results"]) !== undefined && objectOf(json["metadata"]) !== undefined,
  open: ({ emit }) =>
    openDocument((text) => {
      const document = objectOf(parseJson(text));
      if (document === undefined) return "bad_json";
      const metrics = objectOf(document["results"])?.["metrics"];
      if (!Array.isArray(metrics)) return "unknown_shape";
      const config = objectOf(document["config"]) ?? {};
      const metadata = objectOf(document["metadata"]) ?? {};
      const durationSeconds = amountOf(config["duration"]);
      emit(runOf(config, metadata, durationSeconds));
      if (typeof config["script"] === "string") {
        emit({ kind: "note", code: "k6_script_removed", text: "The summary held the source of the script; it was not kept." });
      }
      const entries = metrics.flatMap((value) => {
        const [metric, values] = [objectOf(value), objectOf(objectOf(value)?.["values"])];
        return metric === undefined || values === undefined ? [] : [{ name: textOf(metric["name"]), values }];
      });
      emitK6Summary(entries, durationSeconds, emit);
      return "accepted";
    }),
};

function runOf(config: JsonObject, metadata: JsonObject, durationSeconds: number | undefined) {
  const endUnixNano = parseRfc3339(textOf(metadata["generated_at"] ?? metadata["generatedAt"]));
  return {
    kind: "run",
    generator: "k6",
    version: textOf(metadata["k6_version"] ?? metadata["k6Version"]),
    startUnixNano: endUnixNano === undefined || durationSeconds === undefined ? undefined : endUnixNano - nanosOfMs(durationSeconds * 1000),
    endUnixNano,
    durationSeconds,
    concurrency: undefined,
    target: "",
    tags: Attributes.from({ execution: textOf(config["execution"]) }),
  } as const;
}
