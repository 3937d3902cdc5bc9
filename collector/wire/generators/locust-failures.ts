import { Attributes } from "../../model/attributes.ts";
import { errorKindOfStatus, outcomeOf } from "../../model/load-outcome.ts";
import { BLANK_AGGREGATE, BLANK_REQUEST } from "../../model/load-record.ts";
import { boundedText, errorKindOfText, statusInText } from "./error-text.ts";
import { endpointOf, LOCUST_STATS_FACTS } from "./locust-stats.ts";
import { openTable } from "./open-table.ts";
import { amountOf, parseCount } from "./parse-number.ts";
import { nanosOfMs, parseAnyTime, parseRfc3339 } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

const KINDS = [
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
] as const;

export const LOCUST_FAILURES_FACTS: FormatFacts = {
  ...LOCUST_STATS_FACTS,
  format: "locust-failures",
  title: "PREFIX_failures.csv of `locust --csv PREFIX`.",
  gives: ["aggregate"],
  endpoint: "Method and name of the request.",
  time: "First and last occurrence in newer versions, in whole seconds.",
  errorKinds: KINDS,
  durationMeans: "unknown",
  durationUnit: "none",
  limits: ["The failures of PREFIX_stats.csv by reason: never to be added to its counts.", "Written every few seconds and not once more at the end."],
};

/** locustio/locust locust/stats.py, StatsCSV. Each row breaks down a part of the failures of stats.csv, so it has no count of its own. */
export const locustFailures: LoadFormat = {
  facts: LOCUST_FAILURES_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("Method,Name,Error,Occurrences"),
  open: ({ emit }) =>
    openTable({
      required: ["Method", "Name", "Error", "Occurrences"],
      onRow(row) {
        const occurrences = parseCount(row.get("Occurrences"));
        if (occurrences === undefined) return "bad_number";
        const error = row.get("Error");
        const kind = errorKindOfText(error);
        const status = statusInText(error);
        emit({
          ...BLANK_AGGREGATE,
          isTotal: false,
          endpoint: endpointOf(row, "Method"),
          startUnixNano: parseRfc3339(row.get("First Seen")),
          endUnixNano: parseRfc3339(row.get("Last Seen")),
          outcomes: { [outcomeOf(kind)]: occurrences },
          errorKinds: { [kind]: occurrences },
          statuses: kind.startsWith("http_") && status !== undefined ? new Map([[status, occurrences]]) : new Map(),
          tags: Attributes.from({ error: boundedText(error) }),
        });
        return "accepted";
      },
    }),
};

export const LOCUST_EXCEPTIONS_FACTS: FormatFacts = {
  ...LOCUST_FAILURES_FACTS,
  format: "locust-exceptions",
  title: "PREFIX_exceptions.csv of `locust --csv PREFIX`: errors of the test script itself.",
  gives: ["sample"],
  endpoint: "None.",
  time: "None.",
  errorKinds: [],
  limits: ["Faults of the script, not of the server; a run with any is doubtful."],
};

export const locustExceptions: LoadFormat = {
  facts: LOCUST_EXCEPTIONS_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("Count,Message,Traceback,Nodes"),
  open: ({ emit }) =>
    openTable({
      required: ["Count", "Message"],
      onRow(row) {
        const value = parseCount(row.get("Count"));
        if (value === undefined) return "bad_number";
        const tags = Attributes.from({ message: boundedText(row.get("Message")) });
        emit({ kind: "sample", name: "script_exceptions", type: "total", unit: "", timeUnixNano: undefined, value, tags });
        return "accepted";
      },
    }),
};

export const LOCUST_REQUESTS_FACTS: FormatFacts = {
  ...LOCUST_STATS_FACTS,
  format: "locust-requests",
  title: "Table of Locust's csv_request_logger: a row for each request.",
  gives: ["request"],
  endpoint: "Each request, by method and name.",
  time: "Start of the request.",
  errorKinds: KINDS,
  limits: ["Locust is a closed model: a slow server lowers the rate, and latencies are not corrected for it."],
};

/** locustio/locust locust/contrib/csv_request_logger.py. */
export const locustRequests: LoadFormat = {
  facts: LOCUST_REQUESTS_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("timestamp,request_type,name,response_time_ms"),
  open: ({ emit }) =>
    openTable({
      required: ["timestamp", "request_type", "name", "response_time_ms"],
      onRow(row) {
        const durationMs = amountOf(row.get("response_time_ms"));
        if (durationMs === undefined) return "bad_number";
        const startUnixNano = parseAnyTime(row.get("timestamp"));
        if (startUnixNano === undefined) return "bad_time";
        const status = parseCount(row.get("status_code"));
        const exception = row.get("exception");
        const byText = exception === "" || exception === "None" ? undefined : errorKindOfText(exception);
        const errorKind = status === undefined || status === 0 ? byText : (errorKindOfStatus(status) ?? byText);
        const name = row.get("name");
        emit({
          ...BLANK_REQUEST,
          endpoint: {
            method: row.get("request_type"),
            name,
            url: "",
            source: name === "" ? "none" : name.includes("://") || name.startsWith("/") ? "url" : "name",
          },
          startUnixNano,
          endUnixNano: startUnixNano + nanosOfMs(durationMs),
          stamped: "start",
          stampStepMs: 0.001,
          outcome: outcomeOf(errorKind),
          errorKind,
          errorText: byText === undefined ? "" : boundedText(exception),
          status,
          judgedFailed: byText !== undefined,
          durationMs,
          durationMeans: "start_to_last_byte",
          responseBytes: parseCount(row.get("response_length")),
        });
        return "accepted";
      },
    }),
};
