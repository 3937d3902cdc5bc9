import { category, covers, sameLabels, sameSet } from "./compare.ts";
import { sameHistogram } from "./histograms.ts";
import { requestJson } from "./otlp-json.ts";
import { isTargetInfo, NOW_MS, Pipe, type PushedSample } from "./pipe.ts";
import { type Fields, isFields } from "./read-cases.ts";
import type { Op } from "./run-case.ts";
import { translationFor } from "./settings.ts";

/**
 * `{resource, scope, metric, settings}`: OTLP/JSON in, samples out. Of deltas the specification says that they may be added up or dropped: where a
 * case does not say (`allowDelta`) either is right, and the case decides which one is compared.
 */
export const convertOp: Op = {
  run: (input) => {
    const { settings } = input;
    const isOpen = !isFields(settings) || (settings["allowDelta"] === undefined && settings["allowDeltaTemporality"] === undefined);
    return isOpen
      ? { ...converted(input), orDropped: converted({ ...input, settings: { ...(settings as Fields), allowDelta: false } }) }
      : converted(input);
  },
  matches: (got, expected) => {
    const { orDropped, ...accumulated } = got as Conversion & { readonly orDropped?: Conversion };
    return matchesConversion(accumulated, expected) || (orDropped !== undefined && matchesConversion(orDropped, expected));
  },
};

interface Conversion {
  readonly type: string | undefined;
  readonly series: readonly PushedSample[];
  readonly shown: readonly string[];
  readonly warnings: readonly string[];
  readonly dropped: boolean;
  readonly reason: string | undefined;
}

const DATA_KEYS = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;

function converted({ resource, scope, metric, settings }: Fields): Conversion {
  const points = pointsOf(metric);
  const timesMs = points.map((point) => Number(BigInt(String(point["timeUnixNano"] ?? 0)) / 1_000_000n));
  const { convertHistogramsToNHCB = false } = isFields(settings) ? settings : {};
  const pipe = new Pipe(translationFor(settings), Math.max(NOW_MS, ...timesMs), { classicToNhcb: convertHistogramsToNHCB === true });
  // What was never there cannot end: such points are preceded by the same ones with a value.
  if (points.some(isWithoutValue)) pipe.send(requestJson(resource, [{ scope, metric: withPoints(metric, points.map(before)) }]));
  pipe.pushed();
  pipe.send(requestJson(resource, [{ scope, metric }]));
  // Known zeros (at the start time) are ours to add; a case speaks of the samples of its points.
  const times = new Set(timesMs);
  const series = pipe.pushed().filter((sample) => times.has(sample.timestampMs));
  const [reason] = [...pipe.losses.keys(), ...pipe.warnings.filter((warning) => warning === "no_data")];
  return {
    type: series.find((sample) => !isTargetInfo(sample))?.type,
    series,
    shown: pipe.shown().filter((line) => !line.startsWith("#")),
    warnings: pipe.warnings,
    dropped: reason !== undefined,
    reason,
  };
}

function pointsOf(metric: unknown): readonly Fields[] {
  if (!isFields(metric)) return [];
  return DATA_KEYS.flatMap((key) => {
    const data = metric[key];
    return isFields(data) && Array.isArray(data["dataPoints"]) ? data["dataPoints"].filter(isFields) : [];
  });
}

function withPoints(metric: unknown, points: readonly Fields[]): Fields {
  const fields = isFields(metric) ? metric : {};
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, isFields(value) && "dataPoints" in value ? { ...value, dataPoints: points } : value]),
  );
}

function isWithoutValue({ flags = 0 }: Fields): boolean {
  return (Number(flags) & 1) !== 0;
}

/** A second earlier, with its value. */
function before(point: Fields): Fields {
  return { ...point, flags: 0, timeUnixNano: String(BigInt(String(point["timeUnixNano"] ?? 0)) - 1_000_000_000n) };
}

function matchesConversion({ type, series, shown, warnings, dropped, reason }: Conversion, expected: unknown): boolean {
  if (!isFields(expected)) return false;
  if (expected["dropped"] === true || expected["error"] === true) {
    const isNamed = expected["reason"] === undefined || category(expected["reason"]) === category(reason);
    return dropped && isNamed && series.every(isTargetInfo);
  }
  const { push, pull } = expected;
  if (isFields(push) && !sameSamples(series, push["series"])) return false;
  if (isFields(pull) && Array.isArray(pull["series"]) && pull["series"].length !== shown.length) return false;
  if (Array.isArray(expected["series"]) && !sameSamples(series, expected["series"])) return false;
  if (expected["type"] !== undefined && expected["type"] !== type) return false;
  const told = warnings.map(category);
  return !Array.isArray(expected["warnings"]) || expected["warnings"].every((warning) => told.includes(category(warning)));
}

/** `target_info` only counts where the case speaks of it. */
function sameSamples(got: readonly PushedSample[], expected: unknown): boolean {
  if (!Array.isArray(expected)) return false;
  const isAboutTargets = expected.some((one) => isFields(one) && isFields(one["labels"]) && isTargetInfo({ labels: one["labels"] }));
  return sameSet(isAboutTargets ? got : got.filter((sample) => !isTargetInfo(sample)), expected, sameSample);
}

function sameSample(got: PushedSample, expected: unknown): boolean {
  if (!isFields(expected) || !sameLabels(got.labels, expected["labels"])) return false;
  const { labels: _labels, histogram, exemplars, ...rest } = expected;
  if (histogram !== undefined && !sameHistogram(got.histogram, histogram)) return false;
  if (exemplars !== undefined && !(Array.isArray(exemplars) && sameSet(got.exemplars ?? [], exemplars, covers))) return false;
  return covers(got, rest);
}
