import { isCanonical, labelOf, type ParsedFamily } from "./families.ts";
import { ExpositionError, type ParsedSample } from "./sample-line.ts";

/** Judges one point (a counter's total and creation, all lines of one histogram …). Throws ExpositionError. */
export function checkMetric({ name, type = "unknown" }: ParsedFamily, point: readonly ParsedSample[]): void {
  const of = (suffix: string): ParsedSample | undefined => point.find((sample) => sample.name === `${name}${suffix}`);
  switch (type) {
    case "counter":
      for (const sample of point) countable(sample);
      if (of("_total") === undefined) throw new ExpositionError("a counter without _total");
      break;
    case "histogram":
      checkHistogram(name, point, { count: of("_count"), sum: of("_sum"), created: of("_created"), mayFall: false });
      break;
    case "gaugehistogram":
      checkHistogram(name, point, { count: of("_gcount"), sum: of("_gsum"), created: undefined, mayFall: true });
      break;
    case "summary":
      checkSummary(name, point);
      break;
    case "info":
      for (const { value } of point) if (value !== 1) throw new ExpositionError("an info is always 1");
      break;
    case "stateset":
      for (const sample of point) {
        if (sample.value !== 0 && sample.value !== 1) throw new ExpositionError("a state is 0 or 1");
        if (labelOf(sample, name) === undefined) throw new ExpositionError("a state without the label of its family");
      }
      break;
  }
}

interface Totals {
  readonly count: ParsedSample | undefined;
  readonly sum: ParsedSample | undefined;
  readonly created: ParsedSample | undefined;
  /** A gauge histogram's sum may be negative where one of its bounds is. */
  readonly mayFall: boolean;
}

function checkHistogram(name: string, point: readonly ParsedSample[], { count, sum, created, mayFall }: Totals): void {
  const buckets = point.filter((sample) => sample.name === `${name}_bucket`);
  let bound = -Infinity;
  let before = 0;
  for (const bucket of buckets) {
    const le = labelOf(bucket, "le");
    if (le === undefined) throw new ExpositionError("a bucket without le");
    if (!isCanonical(le)) throw new ExpositionError(`le "${le}" is not written canonically`);
    const upper = le === "+Inf" ? Infinity : Number(le);
    if (upper <= bound) throw new ExpositionError("buckets are not in rising order of le");
    if (!Number.isInteger(bucket.value) || bucket.value < 0) throw new ExpositionError(`${bucket.valueText} observations in a bucket`);
    if (bucket.value < before) throw new ExpositionError("buckets are not cumulative");
    bound = upper;
    before = bucket.value;
  }
  if (bound !== Infinity) throw new ExpositionError("no +Inf bucket");
  if ((count === undefined) !== (sum === undefined)) throw new ExpositionError("_count and _sum come together or not at all");
  const hasNegative = buckets.some((bucket) => Number(labelOf(bucket, "le")) < 0);
  if (count !== undefined && count.value !== before) throw new ExpositionError("_count is not the +Inf bucket");
  if (sum !== undefined && hasNegative && !mayFall) throw new ExpositionError("_sum beside a negative bound");
  if (sum !== undefined && !(hasNegative && sum.value < 0)) countable(sum);
  if (created !== undefined) countable(created);
  for (const other of [count, sum, created])
    if (other !== undefined && labelOf(other, "le") !== undefined) throw new ExpositionError("le outside of buckets");
}

function checkSummary(name: string, point: readonly ParsedSample[]): void {
  for (const sample of point) {
    if (sample.name !== name) {
      countable(sample);
      if (sample.name === `${name}_count` && !Number.isInteger(sample.value)) throw new ExpositionError("_count is not an integer");
      continue;
    }
    const quantile = labelOf(sample, "quantile");
    if (quantile === undefined) throw new ExpositionError("a summary's sample without quantile");
    if (!isCanonical(quantile)) throw new ExpositionError(`quantile "${quantile}" is not written canonically`);
    if (!(Number(quantile) >= 0 && Number(quantile) <= 1)) throw new ExpositionError(`quantile ${quantile} is not between 0 and 1`);
    if (sample.value < 0) throw new ExpositionError("a negative quantile value");
  }
}

/** What behaves like a counter. */
function countable({ name, value }: ParsedSample): void {
  if (Number.isNaN(value) || value < 0) throw new ExpositionError(`${name} is NaN or negative`);
}
