import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type Endpoint, type LatencyView, NO_ENDPOINT } from "../../model/load-record.ts";
import { errorKindOfText } from "./error-text.ts";
import { MAX_REPORT_CHARACTERS, openDocument } from "./open-lines.ts";
import { amountOf, ratioOfPercent } from "./parse-number.ts";
import type { Emit, FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";

export const AB_REPORT_FACTS: FormatFacts = {
  format: "ab-report",
  generator: "ab",
  title: "What ApacheBench prints when it is done.",
  witness: "client",
  gives: ["run", "aggregate", "note"],
  endpoint: "The one URL of the command, by its path.",
  time: "None.",
  durationMeans: "start_to_last_byte",
  durationUnit: "ms",
  phases: ["connect", "wait"],
  errorKinds: ["dial_refused", "timeout_unknown", "reset", "other"],
  correction: "raw",
  survivorsOnly: "yes",
  limits: [
    "HTTP/1.0 and a new connection for each request unless -k: it loads the accept queue, too.",
    "Failures of `Length` are answers of another size than the first, which is usual for dynamic pages; broken answers hide among them.",
    "ab stops at the first refused connection or timeout (without -r), and prints no counts then.",
    "Whole milliseconds.",
  ],
};

/** httpd support/ab.c, output_results(). */
export const abReport: LoadFormat = {
  facts: AB_REPORT_FACTS,
  detect: ({ text }) => text.includes("This is ApacheBench"),
  open: ({ emit }) =>
    openDocument((text) => {
      if (!text.includes("This is ApacheBench")) return "unknown_shape";
      const seconds = numberAfter(text, "Time taken for tests");
      const host = /^Server Hostname:[ \t]+(\S+)/m.exec(text)?.[1] ?? "";
      emit({
        kind: "run",
        generator: "ab",
        version: /This is ApacheBench, Version (\S+)/.exec(text)?.[1] ?? "",
        startUnixNano: undefined,
        endUnixNano: undefined,
        durationSeconds: seconds,
        concurrency: numberAfter(text, "Concurrency Level"),
        target: host === "" ? "" : `${host}:${numberAfter(text, "Server Port") ?? ""}`,
        tags: Attributes.EMPTY,
      });
      if (/^Complete requests:/m.test(text)) emitCounts(text, seconds, emit);
      else emitGivenUp(text, emit);
      return "accepted";
    }, MAX_REPORT_CHARACTERS),
};

function emitCounts(text: string, durationSeconds: number | undefined, emit: Emit): void {
  const complete = numberAfter(text, "Complete requests") ?? 0;
  const [, connect = "0", receive = "0", length = "0", exceptions = "0"] =
    /\(Connect: (\d{1,15}), Receive: (\d{1,15}), Length: (\d{1,15}), Exceptions: (\d{1,15})\)/.exec(text) ?? [];
  const tally = new Tally();
  tally.outcome("http_error", numberAfter(text, "Non-2xx responses") ?? 0);
  tally.outcome("connection_error", Number(connect));
  tally.outcome("transfer_error", Number(receive) + Number(exceptions));
  // A non-2xx answer has another length as well: what is left of the length failures cannot be told from good answers of another size.
  tally.outcome("unknown", Math.min(Number(length), Math.max(0, complete - tally.count)));
  tally.outcome("ok", complete - tally.count);
  emit({
    ...BLANK_AGGREGATE,
    ...tally.counts,
    isTotal: false,
    endpoint: endpointOf(text),
    durationSeconds,
    count: complete,
    latencies: latenciesOf(text, complete),
    responseBytes: numberAfter(text, "Total transferred"),
  });
  if (Number(length) > 0) {
    emit({
      kind: "note",
      code: "ab_length_failures",
      text: `${length} answers had another length than the first; on dynamic pages that is no failure.`,
    });
  }
}

function emitGivenUp(text: string, emit: Emit): void {
  const reason = /\b(apr_[a-z_]+: [^\n]{1,200})/.exec(text)?.[1] ?? "";
  if (reason !== "") emit({ ...BLANK_AGGREGATE, isTotal: false, endpoint: endpointOf(text), errorKinds: { [errorKindOfText(reason)]: 1 } });
  emit({ kind: "note", code: "ab_gave_up", text: `ab stopped without a result${reason === "" ? "" : `: ${reason}`}.` });
}

function endpointOf(text: string): Endpoint {
  const path = /^Document Path:[ \t]+(\S+)/m.exec(text)?.[1] ?? "";
  return path === "" ? NO_ENDPOINT : { method: "", name: path.split("?", 1)[0] as string, url: path.includes("?") ? path : "", source: "path" };
}

const ROWS = [
  ["Connect", "connect"],
  ["Waiting", "wait"],
  ["Total", "duration"],
] as const;

function latenciesOf(text: string, count: number): readonly LatencyView[] {
  return ROWS.flatMap(([row, of]) => {
    const found = new RegExp(`^${row}:[ \\t]+(\\d{1,15})[ \\t]+(\\d{1,15})[ \\t]+([\\d.]+)[ \\t]+(\\d{1,15})[ \\t]+(\\d{1,15})`, "m").exec(text);
    if (found === null || count === 0) return [];
    const [, min, mean, deviation, median, max] = found;
    const percentiles =
      of === "duration"
        ? [...text.matchAll(/^[ \t]+(\d{1,2})%[ \t]+(\d{1,15})$/gm)].map(([, q, ms]) => ({ q: ratioOfPercent(Number(q)), ms: Number(ms) }))
        : [];
    return {
      ...BLANK_LATENCY,
      of,
      means: of === "duration" ? "start_to_last_byte" : "unknown",
      count,
      minMs: Number(min),
      meanMs: Number(mean),
      maxMs: Number(max),
      deviationMs: Number(deviation),
      quantiles: percentiles.length > 0 ? percentiles : [{ q: 0.5, ms: Number(median) }],
      correction: "raw",
      survivorsOnly: true,
    } as const;
  });
}

function numberAfter(text: string, label: string): number | undefined {
  return amountOf(new RegExp(`^${label}:[ \\t]+([\\d.]+)`, "m").exec(text)?.[1]);
}
