import { Attributes } from "../../model/attributes.ts";
import { outcomeOf } from "../../model/load-outcome.ts";
import { BLANK_REQUEST } from "../../model/load-record.ts";
import { boundedText, errorKindOfText, statusInText } from "./error-text.ts";
import { type LineFate, openLines } from "./open-lines.ts";
import { parseUnix } from "./parse-time.ts";
import type { Emit, FormatFacts, LoadFormat } from "./reader.ts";

export const GATLING_FACTS: FormatFacts = {
  format: "gatling-log",
  generator: "gatling",
  title: "simulation.log of Gatling up to 3.12, as text.",
  witness: "client",
  gives: ["run", "request", "sample"],
  endpoint: "Each request, by its name in the script; no method, no URL.",
  time: "Start and end of the request, in ms.",
  durationMeans: "start_to_last_byte",
  durationUnit: "ms",
  phases: [],
  errorKinds: [
    "dns",
    "dial_refused",
    "dial_timeout",
    "tls",
    "reset",
    "timeout_unknown",
    "http_4xx",
    "http_429",
    "http_5xx",
    "body_check",
    "protocol",
    "other",
  ],
  correction: "not_needed",
  survivorsOnly: "no",
  limits: [
    "Since 3.13 the file is binary, changes without notice, and is not read: use 3.12, or Gatling Enterprise's OpenTelemetry.",
    "No status: it is known only where a failed check names it.",
    "Whether the load was an open or a closed model is not in the file.",
  ],
};

const TYPES = new Set(["RUN", "REQUEST", "USER", "GROUP", "ERROR", "ASSERTION", "ACTION"]);

/**
 * gatling/gatling v3.12 LogFileDataWriter; columns parted by tabs. Older versions put scenario and user before the groups: columns are found
 * from OK or KO backwards.
 */
export const gatlingLog: LoadFormat = {
  facts: GATLING_FACTS,
  detect: ({ firstLine }) => /^(?:RUN|ASSERTION|REQUEST|USER|GROUP)\t/.test(firstLine),
  open: ({ emit }) =>
    openLines((line) => {
      const fields = line.split("\t");
      const type = fields[0] as string;
      switch (type) {
        case "REQUEST":
          return request(fields, emit);
        case "USER":
          return user(fields, emit);
        case "RUN":
          return run(fields, emit);
        case "ERROR":
          return error(fields, emit);
        default:
          return TYPES.has(type) ? "skipped" : "bad_line";
      }
    }),
};

function request(fields: readonly string[], emit: Emit): LineFate {
  const at = fields.findIndex((field, index) => index >= 5 && (field === "OK" || field === "KO") && /^\d+$/.test(fields[index - 1] as string));
  if (at < 0) return "bad_columns";
  const [groups = "", name = "", start = "", end = ""] = fields.slice(at - 4, at);
  const [startUnixNano, endUnixNano] = [parseUnix(start, "ms"), parseUnix(end, "ms")];
  if (startUnixNano === undefined || endUnixNano === undefined || endUnixNano < startUnixNano) return "bad_time";
  const failed = fields[at] === "KO";
  const message = fields
    .slice(at + 1)
    .join(" ")
    .trim();
  const errorKind = failed ? errorKindOfText(message) : undefined;
  emit({
    ...BLANK_REQUEST,
    endpoint: { method: "", name, url: "", source: name === "" ? "none" : "name" },
    startUnixNano,
    endUnixNano,
    stamped: "end",
    stampStepMs: 1,
    outcome: outcomeOf(errorKind),
    errorKind,
    errorText: boundedText(message),
    status: failed ? statusInText(message) : undefined,
    judgedFailed: failed,
    durationMs: Number((endUnixNano - startUnixNano) / 1_000_000n),
    durationMeans: "start_to_last_byte",
    group: groups,
    vu: at > 5 ? (fields[at - 5] ?? "") : "",
  });
  return "accepted";
}

/** `USER scenario START|END time`; older: `USER scenario id START|END start end`. */
function user(fields: readonly string[], emit: Emit): LineFate {
  const at = fields.findIndex((field) => field === "START" || field === "END");
  const timeUnixNano = parseUnix(fields.at(-1) ?? "", "ms");
  if (at < 2) return "bad_columns";
  if (timeUnixNano === undefined) return "bad_time";
  const name = fields[at] === "START" ? "users.started" : "users.ended";
  emit({ kind: "sample", name, type: "delta", unit: "", timeUnixNano, value: 1, tags: Attributes.from({ scenario: fields[1] ?? "" }) });
  return "accepted";
}

/** `RUN class id start description version`. */
function run(fields: readonly string[], emit: Emit): LineFate {
  const startUnixNano = fields.map((field) => (/^\d{13}$/.test(field) ? parseUnix(field, "ms") : undefined)).find((time) => time !== undefined);
  if (startUnixNano === undefined) return "bad_time";
  emit({
    kind: "run",
    generator: "gatling",
    version: (fields.at(-1) ?? "").trim(),
    startUnixNano,
    endUnixNano: undefined,
    durationSeconds: undefined,
    concurrency: undefined,
    target: "",
    tags: Attributes.from({ simulation: fields[1] ?? "" }),
  });
  return "accepted";
}

/** Faults outside requests: `ERROR message time`. */
function error(fields: readonly string[], emit: Emit): LineFate {
  const timeUnixNano = parseUnix(fields.at(-1) ?? "", "ms");
  if (timeUnixNano === undefined) return "bad_time";
  const tags = Attributes.from({ message: boundedText(fields.slice(1, -1).join(" ")) });
  emit({ kind: "sample", name: "script_exceptions", type: "delta", unit: "", timeUnixNano, value: 1, tags });
  return "accepted";
}
