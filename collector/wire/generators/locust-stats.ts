import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type Endpoint, NO_ENDPOINT, type Quantile } from "../../model/load-record.ts";
import { openTable, type Row } from "./open-table.ts";
import { amountOf, parseCount, ratioOfPercent } from "./parse-number.ts";
import { parseUnix } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const LOCUST_STATS_FACTS: FormatFacts = {
  format: "locust-stats",
  generator: "locust",
  title: "PREFIX_stats.csv of `locust --csv PREFIX`.",
  witness: "client",
  gives: ["aggregate", "note"],
  endpoint: "Method and name of the request, which is its URL unless `name=` was given; and all together.",
  time: "None.",
  durationMeans: "start_to_last_byte",
  durationUnit: "ms",
  phases: [],
  errorKinds: [],
  correction: "raw",
  survivorsOnly: "no",
  limits: [
    "Written every few seconds and not once more at the end: the last requests are missing (locust #2299); 58 of 70 in a run of 4 s.",
    "Why requests failed is in PREFIX_failures.csv; refused connections count with their few ms and lower the quantiles.",
    "Percentiles are rounded to two digits.",
  ],
};

const TAIL = {
  kind: "note",
  code: "locust_lost_tail",
  text: "Locust does not write its tables once more at the end: counts are lower than on its console.",
} as const;

/** locustio/locust locust/stats.py, StatsCSV. */
export const locustStats: LoadFormat = {
  facts: LOCUST_STATS_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("Type,Name,Request Count,Failure Count"),
  open({ emit }) {
    let rows = 0;
    return openTable({
      required: ["Type", "Name", "Request Count", "Failure Count"],
      onRow(row) {
        const [count, failed] = [parseCount(row.get("Request Count")), parseCount(row.get("Failure Count"))];
        if (count === undefined || failed === undefined || failed > count) return "bad_number";
        rows += 1;
        const latency = {
          ...BLANK_LATENCY,
          means: "start_to_last_byte",
          count,
          minMs: amountOf(row.get("Min Response Time")),
          meanMs: amountOf(row.get("Average Response Time")),
          maxMs: amountOf(row.get("Max Response Time")),
          quantiles: quantilesOf(row),
          correction: "raw",
          survivorsOnly: false,
        } as const;
        emit({
          ...BLANK_AGGREGATE,
          isTotal: row.get("Name") === "Aggregated",
          endpoint: endpointOf(row),
          count,
          outcomes: { ok: count - failed, unknown: failed },
          latencies: count === 0 ? [] : [latency],
        });
        return "accepted";
      },
      onEnd() {
        if (rows > 0) emit(TAIL);
      },
    });
  },
};

export const LOCUST_HISTORY_FACTS: FormatFacts = {
  ...LOCUST_STATS_FACTS,
  format: "locust-history",
  title: "PREFIX_stats_history.csv of `locust --csv PREFIX`.",
  gives: ["aggregate", "sample", "note"],
  endpoint: "All together; by method and name with --csv-full-history.",
  time: "When the row was written, in whole seconds.",
  limits: [
    ...LOCUST_STATS_FACTS.limits,
    "Counts, minimum, mean and maximum are since the start; percentiles and rates are of about the last ten seconds.",
  ],
};

export const locustHistory: LoadFormat = {
  facts: LOCUST_HISTORY_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("Timestamp,User Count,Type,Name,"),
  open({ emit }) {
    let rows = 0;
    return openTable({
      required: ["Timestamp", "User Count", "Name", "Total Request Count", "Total Failure Count"],
      onRow(row) {
        const endUnixNano = parseUnix(row.get("Timestamp"), "s");
        if (endUnixNano === undefined) return "bad_time";
        const [count, failed] = [parseCount(row.get("Total Request Count")), parseCount(row.get("Total Failure Count"))];
        if (count === undefined || failed === undefined || failed > count) return "bad_number";
        rows += 1;
        const basis = { ...BLANK_AGGREGATE, isTotal: row.get("Name") === "Aggregated", endpoint: endpointOf(row), endUnixNano };
        const latency = { ...BLANK_LATENCY, means: "start_to_last_byte", correction: "raw", survivorsOnly: false } as const;
        const soFar = {
          ...latency,
          count,
          minMs: amountOf(row.get("Total Min Response Time")),
          meanMs: amountOf(row.get("Total Average Response Time")),
          maxMs: amountOf(row.get("Total Max Response Time")),
        };
        emit({ ...basis, scope: "so_far", count, outcomes: { ok: count - failed, unknown: failed }, latencies: count === 0 ? [] : [soFar] });
        const quantiles = quantilesOf(row);
        // Before its first requests have come a row holds zeros for all percentiles.
        if (quantiles.some(({ ms }) => ms > 0)) emit({ ...basis, scope: "period", latencies: [{ ...latency, quantiles }] });
        const users = amountOf(row.get("User Count"));
        if (basis.isTotal && users !== undefined) {
          emit({ kind: "sample", name: "users", type: "gauge", unit: "", timeUnixNano: endUnixNano, value: users, tags: Attributes.EMPTY });
        }
        return "accepted";
      },
      onEnd() {
        if (rows > 0) emit(TAIL);
      },
    });
  },
};

export function endpointOf(row: Row, methodColumn = "Type"): Endpoint {
  const name = row.get("Name");
  if (name === "" || name === "Aggregated") return NO_ENDPOINT;
  return { method: row.get(methodColumn), name, url: "", source: name.startsWith("/") || name.includes("://") ? "url" : "name" };
}

const PERCENTS = ["50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%"];

function quantilesOf(row: Row): Quantile[] {
  return PERCENTS.flatMap((column) => {
    const ms = amountOf(row.get(column));
    return ms === undefined ? [] : [{ q: ratioOfPercent(Number(column.slice(0, -1))), ms }];
  });
}
