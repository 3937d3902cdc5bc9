import { errorKindOfStatus, outcomeOf } from "../../model/load-outcome.ts";
import { BLANK_REQUEST } from "../../model/load-record.ts";
import { HEY_REPORT_FACTS } from "./hey-report.ts";
import { openTable } from "./open-table.ts";
import { amountOf, parseCount } from "./parse-number.ts";
import { nanosOfMs } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const HEY_CSV_FACTS: FormatFacts = {
  ...HEY_REPORT_FACTS,
  format: "hey-csv",
  title: "Table of `hey -o csv`: a row for each answered request.",
  gives: ["request"],
  endpoint: "None: one URL, which is not in the file.",
  time: "Start of the request since the start of the run, in 0.1 ms; when the run began is not in the file.",
  phases: ["blocked", "connect", "send", "wait", "recv"],
  errorKinds: ["http_4xx", "http_429", "http_5xx"],
  limits: ["Requests that got no answer are not in it at all: their number is not known.", "Four digits of a second."],
};

const COLUMNS = ["response-time", "DNS+dialup", "Request-write", "Response-delay", "Response-read", "offset"] as const;

/** rakyll/hey requester/print.go, csvTmpl; seconds. */
export const heyCsv: LoadFormat = {
  facts: HEY_CSV_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("response-time,DNS+dialup,DNS,"),
  open: ({ emit, beganUnixNano }) =>
    openTable({
      required: [...COLUMNS, "status-code"],
      onRow(row) {
        const status = parseCount(row.get("status-code"));
        const times = COLUMNS.map((column) => amountOf(row.get(column)));
        if (status === undefined || times.some((seconds) => seconds === undefined)) return "bad_number";
        const [durationMs = 0, connect = 0, send = 0, wait = 0, recv = 0, offsetMs = 0] = times.map(
          (seconds) => Math.round((seconds ?? 0) * 1e6) / 1e3,
        );
        const startUnixNano = beganUnixNano === undefined ? undefined : beganUnixNano + nanosOfMs(offsetMs);
        const errorKind = errorKindOfStatus(status);
        emit({
          ...BLANK_REQUEST,
          startUnixNano,
          endUnixNano: startUnixNano === undefined ? undefined : startUnixNano + nanosOfMs(durationMs),
          stamped: startUnixNano === undefined ? "none" : "start",
          stampStepMs: 0.1,
          outcome: outcomeOf(errorKind),
          errorKind,
          status,
          durationMs,
          durationMeans: "start_to_last_byte",
          phases: { blocked: connect, connect, send, wait, recv },
          newConnection: connect > 0,
        });
        return "accepted";
      },
    }),
};
