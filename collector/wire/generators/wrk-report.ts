import { Attributes } from "../../model/attributes.ts";
import type { Correction } from "../../model/load-outcome.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type LatencyView, NO_ENDPOINT, type Quantile } from "../../model/load-record.ts";
import { errorKindOfText } from "./error-text.ts";
import { MAX_REPORT_CHARACTERS, openDocument } from "./open-lines.ts";
import { parseBinarySize, parseDurationMs } from "./parse-duration.ts";
import { amountOf, ratioOfPercent } from "./parse-number.ts";
import type { Emit, FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";

export const WRK_FACTS: FormatFacts = {
  format: "wrk-report",
  generator: "wrk",
  title: "What wrk or wrk2 prints when it is done.",
  witness: "client",
  gives: ["run", "aggregate", "note"],
  endpoint: "The one URL of the command; a Lua script may have asked for others.",
  time: "None.",
  durationMeans: "start_to_last_byte",
  durationUnit: "mixed",
  phases: [],
  errorKinds: ["dial_refused", "reset", "broken_pipe", "timeout_unknown", "other"],
  correction: "corrected",
  survivorsOnly: "yes",
  limits: [
    "`timeout` counts answers that came late; requests that were never answered are nowhere.",
    "wrk corrects its latencies for coordinated omission by itself, with runtime/(requests/connections) as the interval, and does not say so.",
    "wrk2 measures from the intended start; its `Uncorrected Latency` from the real one.",
  ],
};

/** wg/wrk src/wrk.c main(); giltene/wrk2 src/wrk.c. */
export const wrkReport: LoadFormat = {
  facts: WRK_FACTS,
  detect: ({ text }) => /^Running \S+ test @ \S+/m.test(text) || /^unable to connect to \S+ .+/.test(text),
  open: ({ emit }) =>
    openDocument((text) => {
      const refused = /^unable to connect to (\S+) (.{1,200})$/m.exec(text);
      if (refused !== null) {
        emit({ ...BLANK_AGGREGATE, errorKinds: { [errorKindOfText(refused[2] as string)]: 1 } });
        emit({ kind: "note", code: "wrk_gave_up", text: `wrk stopped without a result: ${refused[0]}.` });
        return "accepted";
      }
      const [, , target] = /^Running (\S+) test @ (\S+)/m.exec(text) ?? [];
      const totals = /^[ \t]*(\d{1,15}) requests in (\S+), (\S+) read/m.exec(text);
      if (target === undefined || totals === null) return "unknown_shape";
      emitReport(text, target, totals, emit);
      return "accepted";
    }, MAX_REPORT_CHARACTERS),
};

function emitReport(text: string, target: string, totals: RegExpExecArray, emit: Emit): void {
  const isWrk2 = text.includes("HdrHistogram") || text.includes("Thread calibration");
  const durationMs = parseDurationMs(totals[2] as string);
  const durationSeconds = durationMs === undefined ? undefined : durationMs / 1000;
  emit({
    kind: "run",
    generator: isWrk2 ? "wrk2" : "wrk",
    version: "",
    startUnixNano: undefined,
    endUnixNano: undefined,
    durationSeconds,
    concurrency: amountOf(/ (\d{1,15}) connections/.exec(text)?.[1]),
    target,
    tags: Attributes.EMPTY,
  });
  const answered = Number(totals[1]);
  const [, connect = "0", read = "0", write = "0", late = "0"] =
    /Socket errors: connect (\d{1,15}), read (\d{1,15}), write (\d{1,15}), timeout (\d{1,15})/.exec(text) ?? [];
  const tally = new Tally();
  const failedStatus = Number(/Non-2xx or 3xx responses: (\d{1,15})/.exec(text)?.[1] ?? 0);
  tally.outcome("http_error", Math.min(failedStatus, answered));
  tally.kind("timeout_unknown", Math.min(Number(late), answered - tally.count));
  tally.outcome("ok", answered - tally.count);
  tally.outcome("connection_error", Number(connect));
  tally.kind("reset", Number(read));
  tally.kind("broken_pipe", Number(write));
  // An answer that came late is not in the distribution.
  const inDistribution = answered - Number(late);
  emit({
    ...BLANK_AGGREGATE,
    ...tally.counts,
    isTotal: false,
    endpoint: target === "" ? NO_ENDPOINT : { method: "", name: target, url: "", source: "url" },
    durationSeconds,
    count: tally.count,
    latencies: inDistribution > 0 ? latenciesOf(text, inDistribution, isWrk2) : [],
    responseBytes: parseBinarySize(totals[3] as string),
  });
  if (inDistribution <= 0) {
    const what = answered === 0 ? "wrk got no answer at all" : "every answer came after the timeout";
    emit({
      kind: "note",
      code: "wrk_silent_timeouts",
      text: `${what}; the requests without one are counted nowhere and its latencies of 0 are none.`,
    });
  }
}

function latenciesOf(text: string, count: number, isWrk2: boolean): readonly LatencyView[] {
  const summary = /^[ \t]*Latency[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)[ \t]/m.exec(text);
  const [meanMs, deviationMs, maxMs] = [1, 2, 3].map((index) => parseDurationMs(summary?.[index] ?? "-"));
  const basis = { ...BLANK_LATENCY, count, meanMs, deviationMs, survivorsOnly: true } as const;
  if (!isWrk2) {
    const quantiles = quantilesOf(text);
    return meanMs === undefined && quantiles.length === 0
      ? []
      : [{ ...basis, means: "start_to_last_byte", maxMs, quantiles, correction: "corrected" }];
  }
  const parts = text.split(/Latency Distribution \(HdrHistogram - /).slice(1);
  return parts.map((part) => {
    const isRaw = part.startsWith("Uncorrected");
    const correction: Correction = isRaw ? "raw" : "corrected";
    const spectrum = spectrumOf(part);
    const exact =
      /#\[Mean[ \t]*=[ \t]*([\d.]+), StdDeviation[ \t]*=[ \t]*([\d.]+)\][\s\S]{0,80}?#\[Max[ \t]*=[ \t]*([\d.]+), Total count[ \t]*=[ \t]*(\d{1,15})\]/.exec(
        part,
      );
    return {
      ...basis,
      means: isRaw ? "start_to_last_byte" : "intended_start_to_last_byte",
      count: amountOf(exact?.[4]) ?? count,
      meanMs: amountOf(exact?.[1]) ?? (isRaw ? undefined : meanMs),
      deviationMs: amountOf(exact?.[2]) ?? (isRaw ? undefined : deviationMs),
      maxMs: amountOf(exact?.[3]) ?? parseDurationMs(/^[ \t]*100\.000%[ \t]+(\S+)/m.exec(part)?.[1] ?? "-"),
      quantiles: spectrum.length > 0 ? spectrum : quantilesOf(part),
      correction,
    };
  });
}

/** `     50%  102.00us`, `99.990%   25.00ms`. */
function quantilesOf(text: string): Quantile[] {
  return [...text.matchAll(/^[ \t]*(\d{1,3}(?:\.\d+)?)%[ \t]+(\d\S*)[ \t]*$/gm)].flatMap(([, percent, duration]) => {
    const ms = parseDurationMs(duration as string);
    const q = ratioOfPercent(Number(percent));
    return ms === undefined || q <= 0 || q >= 1 ? [] : [{ q, ms }];
  });
}

/** The rows of HdrHistogram's classic print: value in ms, quantile, count so far, 1/(1−q). */
function spectrumOf(text: string): Quantile[] {
  return [...text.matchAll(/^[ \t]+(\d+\.\d+)[ \t]+([01]\.\d+)[ \t]+\d+[ \t]+(?:\d+\.\d+|inf)[ \t]*$/gm)].flatMap(([, ms, q]) =>
    Number(q) > 0 && Number(q) < 1 ? [{ q: Number(q), ms: Number(ms) }] : [],
  );
}
