import { Attributes } from "../../model/attributes.ts";
import { errorKindOfStatus, outcomeOf } from "../../model/load-outcome.ts";
import { BLANK_REQUEST, type LoadRequest } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import { boundedText, errorKindOfText } from "./error-text.ts";
import { openLines } from "./open-lines.ts";
import { openTable } from "./open-table.ts";
import { amountOf, objectOf, parseCount, parseJson, textOf } from "./parse-number.ts";
import { parseRfc3339, parseUnix } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const VEGETA_JSON_FACTS: FormatFacts = {
  format: "vegeta-json",
  generator: "vegeta",
  title: "NDJSON of `vegeta encode --to json`.",
  witness: "client",
  gives: ["request"],
  endpoint: "Each request, by method and URL.",
  time: "Start of the request, to the nanosecond.",
  durationMeans: "start_to_last_byte",
  durationUnit: "ns",
  phases: [],
  errorKinds: [
    "dns",
    "dial_refused",
    "dial_timeout",
    "tls",
    "reset",
    "broken_pipe",
    "timeout_wait",
    "timeout_recv",
    "timeout_unknown",
    "http_4xx",
    "http_429",
    "http_5xx",
    "protocol",
    "other",
  ],
  correction: "not_needed",
  survivorsOnly: "no",
  limits: [
    "An open model, safe from coordinated omission unless -max-workers was reached, which the file does not say.",
    "Bodies and headers are not kept.",
    "Rows are in the order of their ends.",
  ],
};

export const VEGETA_CSV_FACTS: FormatFacts = {
  ...VEGETA_JSON_FACTS,
  format: "vegeta-csv",
  title: "Table of `vegeta encode --to csv`, which has no heading.",
};

interface Result {
  readonly startUnixNano: UnixNano;
  readonly status: number;
  readonly latencyNs: number;
  readonly sent: number | undefined;
  readonly received: number | undefined;
  readonly error: string;
  readonly attack: string;
  readonly sequence: string;
  readonly method: string;
  readonly url: string;
}

/** tsenart/vegeta lib/results.go; code 0: no answer, and the reason in `error`. */
export const vegetaJson: LoadFormat = {
  facts: VEGETA_JSON_FACTS,
  detect({ firstLine }) {
    const line = objectOf(parseJson(firstLine));
    return line !== undefined && "attack" in line && "latency" in line && "code" in line;
  },
  open: ({ emit }) =>
    openLines((line) => {
      const object = objectOf(parseJson(line));
      if (object === undefined) return "bad_json";
      const [status, latencyNs] = [amountOf(object["code"]), amountOf(object["latency"])];
      if (status === undefined || latencyNs === undefined) return "missing_field";
      const startUnixNano = parseRfc3339(textOf(object["timestamp"]));
      if (startUnixNano === undefined) return "bad_time";
      emit(
        requestOf({
          startUnixNano,
          status,
          latencyNs,
          sent: amountOf(object["bytes_out"]),
          received: amountOf(object["bytes_in"]),
          error: textOf(object["error"]),
          attack: textOf(object["attack"]),
          sequence: textOf(object["seq"]),
          method: textOf(object["method"]),
          url: textOf(object["url"]),
        }),
      );
      return "accepted";
    }),
};

const COLUMNS = ["timestamp", "code", "latency", "bytes_out", "bytes_in", "error", "body", "attack", "seq", "method", "url", "headers"];

export const vegetaCsv: LoadFormat = {
  facts: VEGETA_CSV_FACTS,
  detect: ({ firstLine }) => /^\d{19},\d{1,3},\d+,\d+,\d+,/.test(firstLine),
  open: ({ emit }) =>
    openTable({
      required: COLUMNS,
      columns: COLUMNS,
      // Before version 12.8 there were no columns for method, URL and headers.
      isRagged: true,
      onRow(row) {
        if (row.fields.length < 9 || row.fields.length > COLUMNS.length) return "bad_columns";
        const startUnixNano = parseUnix(row.get("timestamp"), "ns");
        if (startUnixNano === undefined) return "bad_time";
        const [status, latencyNs] = [parseCount(row.get("code")), parseCount(row.get("latency"))];
        if (status === undefined || latencyNs === undefined) return "bad_number";
        emit(
          requestOf({
            startUnixNano,
            status,
            latencyNs,
            sent: parseCount(row.get("bytes_out")),
            received: parseCount(row.get("bytes_in")),
            error: row.get("error"),
            attack: row.get("attack"),
            sequence: row.get("seq"),
            method: row.get("method"),
            url: row.get("url"),
          }),
        );
        return "accepted";
      },
    }),
};

function requestOf({ startUnixNano, status, latencyNs, sent, received, error, attack, sequence, method, url }: Result): LoadRequest {
  const errorKind = status === 0 ? errorKindOfText(error) : (errorKindOfStatus(status) ?? (error === "" ? undefined : errorKindOfText(error)));
  return {
    ...BLANK_REQUEST,
    endpoint: { method, name: url, url: "", source: url === "" ? "none" : "url" },
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.round(latencyNs)),
    stamped: "start",
    outcome: outcomeOf(errorKind),
    errorKind,
    errorText: boundedText(error),
    status,
    judgedFailed: error !== "" || status < 200 || status >= 400,
    durationMs: latencyNs / 1e6,
    durationMeans: "start_to_last_byte",
    requestBytes: sent,
    responseBytes: received,
    scenario: attack,
    iteration: sequence,
    tags: Attributes.EMPTY,
  };
}
