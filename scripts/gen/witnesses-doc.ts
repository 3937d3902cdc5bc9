import {
  type Correction,
  type DurationMeaning,
  ERROR_KINDS,
  type ErrorKind,
  OUTCOMES,
  type Outcome,
  outcomeOf,
} from "../../collector/model/load-outcome.ts";
import type { LoadItem } from "../../collector/model/load-record.ts";
import { RECORDER_LIMITS } from "../../collector/run/recorder/recorder-limits.ts";
import { REQUEST_METRICS } from "../../collector/run/recorder/request-metrics.ts";
import { LOAD_FORMATS } from "../../collector/wire/generators/formats.ts";
import { GENERIC_FACTS } from "../../collector/wire/generators/generic-reader.ts";
import type { FormatFacts } from "../../collector/wire/generators/reader.ts";

const MEANINGS: Readonly<Record<DurationMeaning, string>> = {
  send_to_last_byte: "sending, waiting and receiving, without getting the connection",
  start_to_last_byte: "from the wish to send to the last byte, the connection included",
  start_to_first_byte: "from the wish to send to the first byte of the answer",
  intended_start_to_last_byte: "from the moment at which the request was due to the last byte",
  first_byte_in_to_last_byte_out: "a server's view: from the first byte of the request to the last of the answer",
  round_trip: "a message on an open connection, there and back",
  unknown: "the file does not say",
};

const CORRECTIONS: Readonly<Record<Correction, string>> = {
  corrected: "corrected for coordinated omission by the program itself",
  raw: "not corrected for coordinated omission",
  not_needed: "needs no correction for coordinated omission",
  broken: "corrected by a rule known to be wrong, so quantiles are left out",
  unknown: "whether it is corrected for coordinated omission is not in the file",
};

const SURVIVORS: Readonly<Record<FormatFacts["survivorsOnly"], string>> = {
  yes: "latencies are of answered requests only",
  no: "latencies hold failed requests too",
  unknown: "whether latencies hold failed requests is not in the file",
};

const SHORT: Readonly<Record<FormatFacts["survivorsOnly"], string>> = {
  yes: "of answered requests",
  no: "of all requests",
  unknown: "not known of which",
};

const ITEMS: Readonly<Record<LoadItem["kind"], string>> = {
  request: "single requests",
  aggregate: "sums over requests",
  sample: "values over time",
  threshold: "thresholds as the generator judged them",
  run: "facts of the whole run",
  note: "warnings",
};

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  ok: "answered as it should be",
  http_error: "answered with a status of 400 or above",
  check_failed: "answered, and a check of the script did not like the body",
  connection_error: "never left the client",
  transfer_error: "may have arrived; the connection broke",
  timeout: "the client waited in vain",
  cut: "given up by the client, or cut off by the end of the run",
  other_error: "failed in a way that the witness tells and no other word here names",
  unknown: "the witness does not say how it ended",
};

const WITNESSES: Readonly<Record<FormatFacts["witness"], string>> = { client: "client", proxy: "proxy", host: "the machine" };

/** `docs/witnesses.md`: what each witness of a load run can tell and what not, from the constants beside the readers. Ends with a newline. */
export function renderWitnessesDoc(): string {
  const formats = [...LOAD_FORMATS.map(({ facts }) => facts), GENERIC_FACTS].toSorted((a, b) =>
    `${a.witness} ${a.generator}`.localeCompare(`${b.witness} ${b.generator}`, "en"),
  );
  return `# Witnesses

Made by \`npm run gen\` from the facts beside each reader (\`collector/wire/generators\`) and from the recorder's own tables. A witness is whoever saw
requests: a load generator, a proxy, a server, a store. What it cannot show is said here, in the report of every run it took part in, and lowers the
confidence of what is concluded. How to use them: [load-runs.md](load-runs.md).

## Files

Read by \`pitwall import\`; \`k6-json\`, \`k6-csv\` and the three of nginx also while they are written (receivers \`k6\` and \`nginx\`).

| format | written by | witness of | gives | latencies |
|---|---|---|---|---|
${formats.map(rowOf).join("\n")}

${formats.map(sectionOf).join("\n")}
${telemetrySection()}
${wordsSection()}`;
}

function rowOf({ format, generator, witness, gives, durationMeans, survivorsOnly }: FormatFacts): string {
  const latencies = durationMeans === "unknown" ? "none, or as told" : SHORT[survivorsOnly];
  return `| [\`${format}\`](#${format}) | ${generator} | ${WITNESSES[witness]} | ${gives.map((kind) => ITEMS[kind]).join(", ")} | ${latencies} |`;
}

function sectionOf(facts: FormatFacts): string {
  const { format, title, gives, endpoint, time, phases, errorKinds, limits } = facts;
  const outcomes = OUTCOMES.filter((outcome) => errorKinds.some((kind) => outcomeOf(kind) === outcome));
  const rows: readonly (readonly [string, string])[] = [
    ["gives", gives.map((kind) => ITEMS[kind]).join(", ")],
    ["endpoint", endpoint],
    ["time", time],
    ["outcomes of failures", outcomes.length === 0 ? "not told apart" : codes(outcomes)],
    ["kinds of failure", errorKinds.length === 0 ? "not told" : codes(errorKinds)],
    ["phases", phases.length === 0 ? "none" : codes(phases)],
    ["duration", durationText(facts)],
    ["latencies", latencyText(facts)],
  ];
  const limitLines = limits.map((limit) => `- ${limit}`).join("\n");
  return `### ${format}

${title}

| | |
|---|---|
${rows.map(([name, value]) => `| ${name} | ${cell(value)} |`).join("\n")}

What it cannot show, or shows wrongly:

${limitLines}
`;
}

function durationText({ durationMeans, durationUnit }: FormatFacts): string {
  if (durationUnit === "none") return "none";
  const unit = durationUnit === "mixed" ? "units written beside them" : durationUnit === "mapped" ? "unit as mapped" : `in ${durationUnit}`;
  return `\`${durationMeans}\`: ${MEANINGS[durationMeans]}; ${unit}`;
}

function latencyText({ correction, survivorsOnly, durationUnit }: FormatFacts): string {
  return durationUnit === "none" ? "none" : `${CORRECTIONS[correction]}; ${SURVIVORS[survivorsOnly]}`;
}

function telemetrySection(): string {
  const metrics = [...REQUEST_METRICS].map(([name, { hop }]) => `| \`${name}\` | ${hop === "server" ? "application or proxy" : hop} |`).join("\n");
  return `## Telemetry (OTLP)

What a server sends is counted three times, and the three are never added up: by metrics, by logs, by spans. The report says by which one a hop was
counted. Spans may be sampled, so a hop that is known by spans alone is held to no law and can be neither blamed nor excluded by counts.

| told by | counts as a request |
|---|---|
| metrics | each count of the histograms below, by \`http.route\`, status and \`error.type\` |
| logs | a record with a status and a latency or an \`http.route\` |
| spans | a span of kind SERVER; a CLIENT span with \`db.system\` or \`messaging.system\` is a call of the store |

| histogram | hop |
|---|---|
${metrics}

k6's own \`http_req*\` metrics count for the client, where it writes no single requests; \`pitwall run\` has it send both.

A service whose name holds nginx, openresty, envoy, traefik, haproxy, caddy, apisix or kong is a proxy, any other an application. A resource with
\`loadtest.run.id\` (or \`run.id\`, \`testid\`, \`test_id\`) of another run is left out; one without any belongs to the run that is open.

Requests that two witnesses saw are joined by trace id, or by request id, for ${RECORDER_LIMITS.joinWaitMs / 1000} s after the first of them was heard; \`pitwall import\` waits without end.
`;
}

function wordsSection(): string {
  const kinds = OUTCOMES.map((outcome) => {
    const own = ERROR_KINDS.filter((kind: ErrorKind) => outcomeOf(kind) === outcome);
    return `| \`${outcome}\` | ${OUTCOME_WORDS[outcome]} | ${own.length === 0 ? "" : codes(own)} |`;
  });
  return `## Words

How a request ended, in words that all witnesses share:

| outcome | meaning | kinds of failure |
|---|---|---|
${kinds.join("\n")}
`;
}

function codes(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
