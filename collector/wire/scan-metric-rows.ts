/** Word offsets of the rows that `MetricColumns` fills. Ranges are byte offsets [start, end); 0,0 = absent. */

/** Which of Metric's data messages is set. */
export const METRIC_KIND = { none: 0, gauge: 1, sum: 2, histogram: 3, exponentialHistogram: 4, summary: 5 } as const;

/** One Metric. Name, unit, description, metadata, kind, temporality and monotonic identify it: everything but the points. */
export const METRIC_ROW = {
  resource: 0,
  scope: 1,
  start: 2,
  end: 3,
  nameStart: 4,
  nameEnd: 5,
  unitStart: 6,
  unitEnd: 7,
  descriptionStart: 8,
  descriptionEnd: 9,
  /** Run of metadata fields, tags included. */
  metadataStart: 10,
  metadataEnd: 11,
  kind: 12,
  /** 0 unspecified, 1 delta, 2 cumulative. */
  temporality: 13,
  monotonic: 14,
  firstPoint: 15,
  pointCount: 16,
  stride: 18,
} as const;

/** One data point. 64-bit numbers are two words, as the wire has them; doubles stand at even offsets. */
export const POINT_ROW = {
  metric: 0,
  start: 1,
  end: 2,
  /** Run of attribute fields, tags included. */
  attributesStart: 3,
  attributesEnd: 4,
  bits: 5,
  flags: 6,
  timeLow: 7,
  timeHigh: 8,
  startTimeLow: 9,
  startTimeHigh: 10,
  /** `as_int` in two's complement, where `POINT_BIT.isInt`. */
  intLow: 11,
  intHigh: 12,
  countLow: 13,
  countHigh: 14,
  /** Histogram: packed fixed64. */
  bucketCountsStart: 15,
  bucketCountsEnd: 16,
  /** Histogram: packed doubles. */
  boundsStart: 17,
  boundsEnd: 18,
  /** Exponential histogram: signed; bodies of the two Buckets messages. */
  scale: 19,
  zeroCountLow: 20,
  zeroCountHigh: 21,
  positiveStart: 22,
  positiveEnd: 23,
  negativeStart: 24,
  negativeEnd: 25,
  /** Double: value of a number (of an int too, rounded), or sum. */
  value: 26,
  /** Doubles. */
  min: 28,
  max: 30,
  zeroThreshold: 32,
  /** Summary: run of quantile_values fields, tags included. */
  quantilesStart: 15,
  quantilesEnd: 16,
  stride: 34,
} as const;

export const POINT_BIT = {
  /** A number point with a value, or a distribution with a sum. */
  hasValue: 1,
  isInt: 2,
  hasMin: 4,
  hasMax: 8,
  hasExemplars: 16,
} as const;
