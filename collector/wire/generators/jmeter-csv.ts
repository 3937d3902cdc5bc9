import { Attributes } from "../../model/attributes.ts";
import { type ErrorKind, errorKindOfStatus, outcomeOf, type PhaseTimes } from "../../model/load-outcome.ts";
import { BLANK_REQUEST } from "../../model/load-record.ts";
import { boundedText, errorKindOfText } from "./error-text.ts";
import { openTable, type Row } from "./open-table.ts";
import { amountOf, parseCount } from "./parse-number.ts";
import { nanosOfMs, parseUnix } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const JMETER_CSV_FACTS: FormatFacts = {
  format: "jmeter-csv",
  generator: "jmeter",
  title: "JTL of JMeter, Taurus or BlazeMeter as CSV with a heading.",
  witness: "client",
  gives: ["request", "sample"],
  endpoint: "Each sample, by its label; its URL where that column was saved. No method.",
  time: "Start of the sample, in ms, as the shipped jmeter.properties have it (sampleresult.timestamp.start=true); the file does not say.",
  durationMeans: "start_to_last_byte",
  durationUnit: "ms",
  phases: ["blocked", "connect", "wait", "recv"],
  errorKinds: [
    "dns",
    "dial_refused",
    "dial_timeout",
    "tls",
    "reset",
    "broken_pipe",
    "timeout_wait",
    "timeout_unknown",
    "http_4xx",
    "http_429",
    "http_5xx",
    "body_check",
    "protocol",
    "other",
  ],
  correction: "raw",
  survivorsOnly: "no",
  limits: [
    "Rows of transaction controllers sum up requests that have rows of their own: they are given as samples, not as requests.",
    "A closed model: a slow server lowers the rate, and latencies are not corrected for it.",
    "Times as formatted dates (jmeter.save.saveservice.timestamp_format) are local and are not read.",
  ],
};

const REQUIRED = ["timeStamp", "elapsed", "label"];

/** apache/jmeter CSVSaveService. `Latency` is the time to the first byte and holds `Connect`; both count within `elapsed`. */
export const jmeterCsv: LoadFormat = {
  facts: JMETER_CSV_FACTS,
  detect: ({ firstLine }) => REQUIRED.every((column) => firstLine.split(/[,;\t]/).includes(column)),
  open({ emit }) {
    return openTable({
      required: REQUIRED,
      onRow(row) {
        const startUnixNano = parseUnix(row.get("timeStamp"), "ms");
        if (startUnixNano === undefined) return "bad_time";
        const durationMs = amountOf(row.get("elapsed"));
        if (durationMs === undefined) return "bad_number";
        if (isTransaction(row)) {
          const tags = Attributes.from({ label: row.get("label"), success: row.get("success") });
          emit({ kind: "sample", name: "transaction_duration", type: "trend", unit: "ms", timeUnixNano: startUnixNano, value: durationMs, tags });
          return "accepted";
        }
        const status = parseCount(row.get("responseCode"));
        const failed = row.get("success") === "" ? undefined : row.get("success").toLowerCase() !== "true";
        const errorKind = errorKindOf(row, status, failed);
        const [connect, first] = [amountOf(row.get("Connect")), amountOf(row.get("Latency"))];
        emit({
          ...BLANK_REQUEST,
          endpoint: { method: "", name: row.get("label"), url: given(row.get("URL")), source: "name" },
          startUnixNano,
          endUnixNano: startUnixNano + nanosOfMs(durationMs),
          stamped: "start",
          stampStepMs: 1,
          outcome: outcomeOf(errorKind),
          errorKind,
          errorText: errorKind === undefined ? "" : boundedText(row.get("failureMessage") || row.get("responseMessage")),
          status: status ?? (row.get("responseCode") === "" ? undefined : 0),
          judgedFailed: failed,
          durationMs,
          durationMeans: "start_to_last_byte",
          phases: phasesOf(durationMs, connect, first),
          requestBytes: parseCount(row.get("sentBytes")),
          responseBytes: parseCount(row.get("bytes")),
          // Without a connection `Connect` is how long the attempt took.
          newConnection: connect === undefined || outcomeOf(errorKind) === "connection_error" ? undefined : connect > 0,
          vu: row.get("threadName"),
        });
        return "accepted";
      },
    });
  },
};

/** A transaction controller's row: made by JMeter itself, so it has no URL and says how many samples it sums up. */
function isTransaction(row: Row): boolean {
  return row.get("responseMessage").startsWith("Number of samples in transaction");
}

function errorKindOf(row: Row, status: number | undefined, failed: boolean | undefined): ErrorKind | undefined {
  if (failed === false) return undefined;
  if (status === undefined) return failed === true ? errorKindOfText(`${row.get("responseCode")} ${row.get("responseMessage")}`) : undefined;
  return errorKindOfStatus(status) ?? (failed === true ? "body_check" : undefined);
}

/** With no answer JMeter writes 0 for `Latency`: no phase is known then but the connection. */
function phasesOf(durationMs: number, connect: number | undefined, first: number | undefined): PhaseTimes {
  const known = connect === undefined ? {} : { blocked: connect, connect };
  if (first === undefined || first === 0 || first > durationMs) return known;
  return { ...known, wait: Math.max(0, first - (connect ?? 0)), recv: durationMs - first };
}

function given(text: string): string {
  return text === "null" ? "" : text;
}
