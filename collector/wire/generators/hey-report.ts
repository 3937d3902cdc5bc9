import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type LatencyView } from "../../model/load-record.ts";
import { errorKindOfText } from "./error-text.ts";
import { MAX_REPORT_CHARACTERS, openDocument } from "./open-lines.ts";
import { amountOf, ratioOfPercent } from "./parse-number.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";

export const HEY_REPORT_FACTS: FormatFacts = {
  format: "hey-report",
  generator: "hey",
  title: "What hey prints when it is done.",
  witness: "client",
  gives: ["run", "aggregate", "note"],
  endpoint: "None: one URL, named only in error messages.",
  time: "None.",
  durationMeans: "start_to_last_byte",
  durationUnit: "s",
  phases: ["connect", "send", "wait", "recv"],
  errorKinds: [
    "dns",
    "dial_refused",
    "dial_timeout",
    "tls",
    "reset",
    "timeout_wait",
    "timeout_recv",
    "timeout_unknown",
    "http_4xx",
    "http_429",
    "http_5xx",
    "protocol",
    "other",
  ],
  correction: "raw",
  survivorsOnly: "yes",
  limits: [
    "All latencies are of answered requests: with every request failed the mean is NaN, with half of them failed it looks fine.",
    "With few answers the higher percentiles are printed as `0% in 0.0000 secs`; they are left out.",
    "Four digits of a second; the histogram's bounds are rounded to ms and are left out.",
  ],
};

/** rakyll/hey requester/print.go. */
export const heyReport: LoadFormat = {
  facts: HEY_REPORT_FACTS,
  detect: ({ text }) => /^Summary:\r?\n[ \t]+Total:[ \t]+[\d.]+ secs/m.test(text),
  open: ({ emit }) =>
    openDocument((text) => {
      const durationSeconds = secondsAfter(text, "Total");
      if (!text.includes("Summary:") || durationSeconds === undefined) return "unknown_shape";
      const tally = new Tally();
      for (const [, status, count] of text.matchAll(/^[ \t]+\[(\d{3})\][ \t]+(\d{1,15}) responses/gm)) tally.status(Number(status), Number(count));
      const answered = tally.count;
      const errors = text.split("Error distribution:", 2)[1] ?? "";
      for (const [, count, message] of errors.matchAll(/^[ \t]+\[(\d{1,15})\][ \t]+(.+)$/gm))
        tally.kind(errorKindOfText(message as string), Number(count));
      emit({
        kind: "run",
        generator: "hey",
        version: "",
        startUnixNano: undefined,
        endUnixNano: undefined,
        durationSeconds,
        concurrency: undefined,
        target: /\b[A-Z][a-z]+ "(https?:\/\/[^"\s]{1,2000})"/.exec(errors)?.[1] ?? "",
        tags: Attributes.EMPTY,
      });
      emit({
        ...BLANK_AGGREGATE,
        ...tally.counts,
        durationSeconds,
        count: tally.count,
        latencies: answered === 0 ? [] : latenciesOf(text, answered),
        responseBytes: amountOf(/Total data:[ \t]+(\d{1,15}) bytes/.exec(text)?.[1]),
      });
      if (tally.count > answered) {
        const share = `${tally.count - answered} of ${tally.count}`;
        emit({ kind: "note", code: "hey_survivors", text: `${share} requests got no answer and are in none of hey's latencies.` });
      }
      return "accepted";
    }, MAX_REPORT_CHARACTERS),
};

const DETAILS = [
  ["DNS\\+dialup", "connect"],
  ["req write", "send"],
  ["resp wait", "wait"],
  ["resp read", "recv"],
] as const;

function latenciesOf(text: string, count: number): readonly LatencyView[] {
  const basis = { ...BLANK_LATENCY, count, correction: "raw", survivorsOnly: true } as const;
  const quantiles = [...text.matchAll(/^[ \t]+(\d{1,2})% in ([\d.]+) secs/gm)].flatMap(([, percent, seconds]) =>
    percent === "0" ? [] : [{ q: ratioOfPercent(Number(percent)), ms: msOf(seconds) ?? 0 }],
  );
  const [minMs, meanMs, maxMs] = ["Fastest", "Average", "Slowest"].map((label) => {
    const seconds = secondsAfter(text, label);
    return seconds === undefined ? undefined : seconds * 1000;
  });
  const phases = DETAILS.flatMap(([label, of]) => {
    const found = new RegExp(`^[ \\t]+${label}:[ \\t]+([\\d.]+) secs, ([\\d.]+) secs, ([\\d.]+) secs`, "m").exec(text);
    return found === null ? [] : [{ ...basis, of, meanMs: msOf(found[1]), minMs: msOf(found[2]), maxMs: msOf(found[3]) }];
  });
  return [{ ...basis, means: "start_to_last_byte", minMs, meanMs, maxMs, quantiles }, ...phases];
}

function secondsAfter(text: string, label: string): number | undefined {
  return amountOf(new RegExp(`^[ \\t]+${label}:[ \\t]+([\\d.]+) secs`, "m").exec(text)?.[1]);
}

function msOf(seconds: string | undefined): number | undefined {
  const value = amountOf(seconds);
  return value === undefined ? undefined : Math.round(value * 1e6) / 1e3;
}
