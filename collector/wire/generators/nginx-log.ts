import { parseNginxLine } from "./nginx-line.ts";
import { NGINX_FIELDS, NGINX_SHORT_NAMES, type NginxField, nginxRequest } from "./nginx-request.ts";
import { openLines } from "./open-lines.ts";
import { type JsonObject, objectOf, parseJson, textOf } from "./parse-number.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

const COMMON = {
  generator: "nginx",
  witness: "proxy",
  gives: ["request"],
  endpoint: "Each request, by method and path; routes must be told by rules.",
  durationMeans: "first_byte_in_to_last_byte_out",
  durationUnit: "s",
  phases: [],
  errorKinds: ["http_4xx", "http_429", "http_5xx", "aborted"],
  correction: "not_needed",
  survivorsOnly: "no",
} as const satisfies Partial<FormatFacts>;

const DELIVERY =
  "Status 200 is what nginx sent, not what the client got: an answer that fitted into the socket's buffer is logged as complete although nobody read it.";

export const NGINX_COMBINED_FACTS: FormatFacts = {
  ...COMMON,
  format: "nginx-combined",
  title: "Access log of nginx (or Apache) in `combined` or `common`.",
  time: "End of the request, in whole seconds.",
  durationMeans: "unknown",
  durationUnit: "none",
  limits: ["No durations, no upstream, no completion: an answer given up half way looks like success.", DELIVERY],
};

export const NGINX_TIMING_FACTS: FormatFacts = {
  ...COMMON,
  format: "nginx-timing",
  title: "Access log of nginx in the format that Pitwall proposes: `combined` followed by rt=, uct=, uht=, urt=, us=, ua=, rc=, …",
  time: "End of the request ($msec), in ms.",
  limits: [DELIVERY, "$request_time of a slow upload holds the upload; lingering close adds up to 5 s."],
};

export const NGINX_JSON_FACTS: FormatFacts = {
  ...COMMON,
  format: "nginx-json",
  title: "Access log of nginx as one JSON object a line (escape=json), keys being nginx's variables or their short names.",
  time: "End of the request, in ms with $msec, else in whole seconds.",
  limits: [DELIVERY, "What is not in the object is not known; times, statuses and upstream lists are expected as nginx writes them."],
};

const TIMED = / rt=[\d.]+ /;

export const nginxCombined: LoadFormat = textFormat(NGINX_COMBINED_FACTS, (line) => !TIMED.test(line));
export const nginxTiming: LoadFormat = textFormat(NGINX_TIMING_FACTS, (line) => TIMED.test(line));

export const nginxJson: LoadFormat = {
  facts: NGINX_JSON_FACTS,
  detect({ firstLine }) {
    const object = objectOf(parseJson(firstLine));
    if (object === undefined) return false;
    const fields = fieldsOf(object);
    return fields.has("status") && (fields.has("request") || fields.has("request_uri") || fields.has("uri")) && hasTime(fields);
  },
  open: ({ emit }) =>
    openLines((line) => {
      const object = objectOf(parseJson(line));
      if (object === undefined) return "bad_json";
      const request = nginxRequest(fieldsOf(object));
      if (typeof request === "string") return request;
      emit(request);
      return "accepted";
    }),
};

/** Both read both: a log may change its format when nginx is reloaded. */
function textFormat(facts: FormatFacts, detects: (line: string) => boolean): LoadFormat {
  return {
    facts,
    detect: ({ firstLine }) => parseNginxLine(firstLine) !== undefined && detects(firstLine),
    open: ({ emit }) =>
      openLines((line) => {
        const fields = parseNginxLine(line);
        if (fields === undefined) return "bad_line";
        const request = nginxRequest(fields);
        if (typeof request === "string") return request;
        emit(request);
        return "accepted";
      }),
  };
}

const KNOWN: ReadonlySet<string> = new Set(NGINX_FIELDS);

function fieldsOf(object: JsonObject): ReadonlyMap<NginxField, string> {
  const fields = new Map<NginxField, string>();
  for (const [key, value] of Object.entries(object)) {
    const name = KNOWN.has(key) ? (key as NginxField) : NGINX_SHORT_NAMES.get(key);
    if (name !== undefined) fields.set(name, textOf(value));
  }
  return fields;
}

function hasTime(fields: ReadonlyMap<NginxField, string>): boolean {
  return fields.has("msec") || fields.has("time_local") || fields.has("time_iso8601");
}
