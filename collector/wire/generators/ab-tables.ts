import { BLANK_AGGREGATE, BLANK_LATENCY, BLANK_REQUEST, type Quantile } from "../../model/load-record.ts";
import { AB_REPORT_FACTS } from "./ab-report.ts";
import { openTable } from "./open-table.ts";
import { amountOf, ratioOfPercent } from "./parse-number.ts";
import { nanosOfMs, parseUnix } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const AB_GNUPLOT_FACTS: FormatFacts = {
  ...AB_REPORT_FACTS,
  format: "ab-gnuplot",
  title: "Table of `ab -g FILE`: a row for each request, sorted by its time.",
  gives: ["request"],
  endpoint: "None: one URL, which is not in the file.",
  time: "Start of the request, in whole seconds.",
  phases: ["blocked", "connect", "wait", "recv"],
  errorKinds: [],
  limits: [
    "No status: how a request ended is unknown.",
    "Requests that failed to connect are not in it.",
    "Whole milliseconds; the order of requests is lost.",
  ],
};

/** httpd support/ab.c: `starttime seconds ctime dtime ttime wait`, ms. `dtime` = ttime − ctime holds the wait for the first byte. */
export const abGnuplot: LoadFormat = {
  facts: AB_GNUPLOT_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("starttime\tseconds\tctime\tdtime\tttime"),
  open: ({ emit }) =>
    openTable({
      separator: "\t",
      required: ["seconds", "ctime", "dtime", "ttime", "wait"],
      onRow(row) {
        const startUnixNano = parseUnix(row.get("seconds"), "s");
        if (startUnixNano === undefined) return "bad_time";
        const [connect, rest, durationMs, wait] = ["ctime", "dtime", "ttime", "wait"].map((column) => amountOf(row.get(column)));
        if (connect === undefined || rest === undefined || durationMs === undefined || wait === undefined) return "bad_number";
        emit({
          ...BLANK_REQUEST,
          startUnixNano,
          endUnixNano: startUnixNano + nanosOfMs(durationMs),
          stamped: "start",
          stampStepMs: 1000,
          durationMs,
          durationMeans: "start_to_last_byte",
          phases: { blocked: connect, connect, wait, recv: Math.max(0, rest - wait) },
        });
        return "accepted";
      },
    }),
};

export const AB_PERCENTILES_FACTS: FormatFacts = {
  ...AB_REPORT_FACTS,
  format: "ab-percentiles",
  title: "Table of `ab -e FILE`: time in ms below which each percentage was served.",
  gives: ["aggregate"],
  endpoint: "None: one URL, which is not in the file.",
  phases: [],
  errorKinds: [],
  limits: ["No counts, no statuses, no time: quantiles only, of answered requests."],
};

export const abPercentiles: LoadFormat = {
  facts: AB_PERCENTILES_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("Percentage served,Time in ms"),
  open({ emit }) {
    const quantiles: Quantile[] = [];
    return openTable({
      required: ["Percentage served", "Time in ms"],
      onRow(row) {
        const [percent, ms] = [amountOf(row.get("Percentage served")), amountOf(row.get("Time in ms"))];
        if (percent === undefined || ms === undefined || percent > 100 || quantiles.length > 1000) return "bad_number";
        quantiles.push({ q: ratioOfPercent(percent), ms });
        return "accepted";
      },
      onEnd() {
        if (quantiles.length === 0) return;
        const sorted = quantiles.sort((a, b) => a.q - b.q);
        const minMs = sorted.find(({ q }) => q === 0)?.ms;
        const maxMs = sorted.find(({ q }) => q === 1)?.ms;
        const inner = sorted.filter(({ q }) => q > 0 && q < 1);
        const latency = {
          ...BLANK_LATENCY,
          means: "start_to_last_byte",
          minMs,
          maxMs,
          quantiles: inner,
          correction: "raw",
          survivorsOnly: true,
        } as const;
        emit({ ...BLANK_AGGREGATE, latencies: [latency] });
      },
    });
  },
};
