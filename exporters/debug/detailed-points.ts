import type { Attributes } from "../../collector/model/attributes.ts";
import type { Exemplar, ExponentialHistogramPoint, HistogramPoint, NumberPoint, NumberValue, SummaryPoint } from "../../collector/model/metric.ts";
import type { UnixNano } from "../../collector/model/time.ts";
import { attributesText, FLUSH, NESTED } from "./attributes-text.ts";
import { bucketBound, farEndFirst, indexed } from "./exponential-bounds.ts";
import { fixedText, pointNumberText } from "./number-text.ts";
import { timeText } from "./time-text.ts";

/** Points of the detailed layout, one function for each kind; `index` within the metric. */

export function numberPointText(point: NumberPoint, index: number): string {
  return `NumberDataPoints #${index}\n${commonText(point)}${valueText("", point.number)}${exemplarsText(point.exemplars)}`;
}

export function histogramPointText(point: HistogramPoint, index: number): string {
  let out = `HistogramDataPoints #${index}\n${commonText(point)}${totalsText(point)}`;
  for (const [at, bound] of point.explicitBounds.entries()) out += `ExplicitBounds #${at}: ${fixedText(bound)}\n`;
  for (const [at, count] of point.bucketCounts.entries()) out += `Buckets #${at}, Count: ${count}\n`;
  return out + exemplarsText(point.exemplars);
}

export function exponentialPointText(point: ExponentialHistogramPoint, index: number): string {
  const { scale, positive, negative, zeroCount } = point;
  const bound = (at: number): string => fixedText(bucketBound(at, scale));
  const minusBound = (at: number): string => fixedText(-bucketBound(at, scale));
  let out = `ExponentialHistogramDataPoints #${index}\n${commonText(point)}${totalsText(point)}`;
  for (const [at, count] of farEndFirst(negative)) out += `Bucket [${minusBound(at + 1)}, ${minusBound(at)}), Count: ${count}\n`;
  if (zeroCount !== 0n) out += `Bucket [0, 0], Count: ${zeroCount}\n`;
  for (const [at, count] of indexed(positive)) out += `Bucket (${bound(at)}, ${bound(at + 1)}], Count: ${count}\n`;
  return out + exemplarsText(point.exemplars);
}

export function summaryPointText(point: SummaryPoint, index: number): string {
  let out = `SummaryDataPoints #${index}\n${commonText(point)}Count: ${point.count}\nSum: ${fixedText(point.sum)}\n`;
  for (const [at, { quantile, value }] of point.quantiles.entries()) {
    out += `QuantileValue #${at}: Quantile ${fixedText(quantile)}, Value ${fixedText(value)}\n`;
  }
  return out;
}

function commonText(point: { readonly attributes: Attributes; readonly startUnixNano: UnixNano; readonly timeUnixNano: UnixNano }): string {
  return `${attributesText("Data point attributes:\n", FLUSH, point.attributes)}StartTimestamp: ${timeText(point.startUnixNano)}\nTimestamp: ${timeText(point.timeUnixNano)}\n`;
}

function totalsText(point: HistogramPoint | ExponentialHistogramPoint): string {
  let out = `Count: ${point.count}\n`;
  if (point.sum !== undefined) out += `Sum: ${fixedText(point.sum)}\n`;
  if (point.min !== undefined) out += `Min: ${fixedText(point.min)}\n`;
  if (point.max !== undefined) out += `Max: ${fixedText(point.max)}\n`;
  return out;
}

function valueText(indent: string, number: NumberValue): string {
  return number.kind === "empty" ? "" : `${indent}Value: ${pointNumberText(number, fixedText)}\n`;
}

function exemplarsText(exemplars: readonly Exemplar[]): string {
  if (exemplars.length === 0) return "";
  let out = "Exemplars:\n";
  for (const [index, exemplar] of exemplars.entries()) {
    out += `Exemplar #${index}\n     -> Trace ID: ${exemplar.traceId}\n     -> Span ID: ${exemplar.spanId}\n     -> Timestamp: ${timeText(exemplar.timeUnixNano)}\n`;
    out += valueText("     -> ", exemplar.number) + attributesText("     -> FilteredAttributes:\n", NESTED, exemplar.filteredAttributes);
  }
  return out;
}
