/** Finest and coarsest resolution (OTLP data model, "Exponential scale": 20 is what SDKs start at, −10 puts all doubles into two buckets). */
export const MAX_SCALE = 20;
export const MIN_SCALE = -10;

/** Smallest normal double: magnitudes below it are counted with it. */
const MIN_NORMAL = 2 ** -1022;
const BITS = new DataView(new ArrayBuffer(8));
/** Log2 of a double at scale 20 is off by some 1e-10 of a bucket; nearer than this to an edge the edge itself decides. */
const EDGE = 1e-6;

/**
 * The bucket of a positive finite number: the `i` with base^i < value ≤ base^(i+1), base = 2^(2^−scale).
 *
 * Exact against `lowerEdge`: a number on an edge, powers of two among them, falls into the bucket below it.
 * Source: OTLP data model, "ExponentialHistogram: Exponential buckets, Producer expectations" (opentelemetry-specification metrics/data-model.md).
 */
export function bucketIndex(value: number, scale: number): number {
  BITS.setFloat64(0, Math.max(value, MIN_NORMAL));
  const high = BITS.getUint32(0);
  const exponent = (high >>> 20) - 1023;
  const isPower = (high & 0xfffff) === 0 && BITS.getUint32(4) === 0;
  if (isPower) return scale > 0 ? exponent * 2 ** scale - 1 : (exponent - 1) >> -scale;
  if (scale <= 0) return exponent >> -scale;
  BITS.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  const significand = BITS.getFloat64(0);
  const place = Math.log2(significand) * 2 ** scale;
  const nearest = Math.round(place);
  const within = Math.abs(place - nearest) > EDGE ? Math.floor(place) : significand > 2 ** (nearest / 2 ** scale) ? nearest : nearest - 1;
  return exponent * 2 ** scale + within;
}

/** base^index: exclusive lower edge of the bucket, inclusive upper edge of the one below. 0 where the doubles lose their precision, Infinity above. */
export function lowerEdge(index: number, scale: number): number {
  // Power of two and fraction apart, so that an edge is the same number at every scale that has it.
  const fraction = scale > 0 ? index & (2 ** scale - 1) : 0;
  const edge = 2 ** (fraction / 2 ** scale) * 2 ** ((index - fraction) * 2 ** -scale);
  return edge < MIN_NORMAL ? 0 : edge;
}

/** base: the ratio of a bucket's edges, so a value told by its bucket is off by less than this factor. */
export function bucketRatio(scale: number): number {
  return 2 ** (2 ** -scale);
}

/** How many halvings of the resolution make the buckets `low` … `high` at most `size`. */
export function shiftToFit(low: number, high: number, size: number): number {
  let shift = 0;
  while ((high >> shift) - (low >> shift) >= size) shift++;
  return shift;
}
