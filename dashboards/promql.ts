/** Pieces of PromQL as text. What comes out is parsed by the lint and run against a real Prometheus by the tests. */

/** The series that the variables `job` and `instance` select. */
export const SELECTED = ['job=~"$job"', 'instance=~"$instance"'] as const;

export function select(name: string, ...matchers: readonly string[]): string {
  return matchers.length === 0 ? name : `${name}{${matchers.join(",")}}`;
}

/** How a counter is read: as a rate at each moment, or as the growth over the whole time range of the dashboard. */
export type Over = (series: string) => string;
export const perSecond: Over = (series) => `rate(${series}[$__rate_interval])`;
export const overRange: Over = (series) => `increase(${series}[$__range])`;

export function sum(expression: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${expression})` : `sum by (${by.join(", ")}) (${expression})`;
}

/** `buckets` is what `Over` made of `…_bucket`. */
export function quantile(share: number, buckets: string, ...by: readonly string[]): string {
  return `histogram_quantile(${share}, ${sum(buckets, "le", ...by)})`;
}

/** 0..1; a part that was never counted is 0 and not absent, a whole of nothing is absent and not 0/0. */
export function share(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / (${whole} > 0)`;
}

/** A series that is born with its first event must not leave a hole before it. */
export function orZero(expression: string): string {
  return `${expression} or vector(0)`;
}
