import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY } from "../../model/load-record.ts";
import { openDocument } from "./open-lines.ts";
import { amountOf, objectOf, parseJson } from "./parse-number.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";

export const SIEGE_FACTS: FormatFacts = {
  format: "siege-json",
  generator: "siege",
  title: "JSON of `siege -j`.",
  witness: "client",
  gives: ["run", "aggregate"],
  endpoint: "None: all URLs together.",
  time: "None.",
  durationMeans: "start_to_last_byte",
  durationUnit: "s",
  phases: [],
  errorKinds: [],
  correction: "raw",
  survivorsOnly: "unknown",
  limits: [
    "Two digits of a second: below 10 ms everything is 0.",
    "A mean, no quantiles; no reasons and no statuses of failures; redirects and embedded objects count as transactions.",
  ],
};

/** JoeDog/siege src/main.c. */
export const siegeReport: LoadFormat = {
  facts: SIEGE_FACTS,
  detect: ({ json }) => json !== undefined && "transactions" in json && "availability" in json && "transaction_rate" in json,
  open: ({ emit }) =>
    openDocument((text) => {
      const report = objectOf(parseJson(text));
      if (report === undefined) return "bad_json";
      const transactions = amountOf(report["transactions"]);
      if (transactions === undefined) return "unknown_shape";
      const durationSeconds = amountOf(report["elapsed_time"]);
      const basis = { startUnixNano: undefined, endUnixNano: undefined, durationSeconds };
      emit({ ...basis, kind: "run", generator: "siege", version: "", concurrency: undefined, target: "", tags: Attributes.EMPTY });
      const tally = new Tally();
      tally.outcome("ok", Math.min(transactions, amountOf(report["successful_transactions"]) ?? transactions));
      tally.outcome("unknown", amountOf(report["failed_transactions"]) ?? 0);
      const [meanMs, minMs, maxMs] = ["response_time", "shortest_transaction", "longest_transaction"].map((key) => {
        const seconds = amountOf(report[key]);
        return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1e3;
      });
      const latency = { ...BLANK_LATENCY, means: "start_to_last_byte", count: transactions, minMs, meanMs, maxMs, correction: "raw" } as const;
      emit({ ...BLANK_AGGREGATE, ...basis, ...tally.counts, count: tally.count, latencies: transactions === 0 ? [] : [latency] });
      return "accepted";
    }),
};
