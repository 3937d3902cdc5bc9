import { errorKindOfStatus, outcomeOf } from "../../model/load-outcome.ts";
import { BLANK_REQUEST } from "../../model/load-record.ts";
import { openLines } from "./open-lines.ts";
import { parseCount } from "./parse-number.ts";
import { parseUnix } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const H2LOAD_FACTS: FormatFacts = {
  format: "h2load-log",
  generator: "h2load",
  title: "Table of `h2load --log-file FILE`: start, status, duration.",
  witness: "client",
  gives: ["request"],
  endpoint: "None: the file has no URL.",
  time: "Start of the request, in µs.",
  durationMeans: "start_to_last_byte",
  durationUnit: "us",
  phases: [],
  errorKinds: ["http_4xx", "http_429", "http_5xx", "other"],
  correction: "raw",
  survivorsOnly: "yes",
  limits: [
    "Requests on connections that broke have no line: 25 lines for 40 requests of which 15 errored.",
    "Status -1 is a stream that failed; why is not in the file.",
  ],
};

const LINE = /^(\d{14,17})\t(-1|\d{3})\t(\d{1,15})$/;

/** nghttp2 src/h2load.cc; lines in the order of their ends. */
export const h2loadLog: LoadFormat = {
  facts: H2LOAD_FACTS,
  detect: ({ firstLine }) => LINE.test(firstLine),
  open: ({ emit }) =>
    openLines((line) => {
      const [, start = "", code = "", micros = ""] = LINE.exec(line) ?? [];
      const startUnixNano = parseUnix(start, "us");
      const duration = parseCount(micros);
      if (startUnixNano === undefined || duration === undefined) return "bad_line";
      const status = code === "-1" ? 0 : Number(code);
      const errorKind = status === 0 ? "other" : errorKindOfStatus(status);
      emit({
        ...BLANK_REQUEST,
        startUnixNano,
        endUnixNano: startUnixNano + BigInt(duration) * 1000n,
        stamped: "start",
        stampStepMs: 0.001,
        outcome: outcomeOf(errorKind),
        errorKind,
        status,
        durationMs: duration / 1000,
        durationMeans: "start_to_last_byte",
      });
      return "accepted";
    }),
};
