/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** Text 0.0.4 or OpenMetrics: name, labels and value of each sample; timestamps, exemplars and comments are skipped, and so is what is none of these. */
export function parseExposition(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line) => {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)/.exec(line);
    if (match === null) return [];
    const labels = new Map<string, string>();
    for (const [, key, value] of (match[2] ?? "").matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g))
      labels.set(key as string, unescaped(value as string));
    return [{ name: match[1] as string, labels, value: numberOf(match[3] as string) }];
  });
}

/** Sum over the samples of this name that carry these labels; undefined where there are none. */
export function sumOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const wanted = Object.entries(labels);
  const found = samples.filter((sample) => sample.name === name && wanted.every(([key, value]) => sample.labels.get(key) === value));
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

/** As PromQL's histogram_quantile over all series of a histogram: linear inside its bucket, the highest finite bound beyond. Undefined without counts. */
export function histogramQuantile(samples: readonly Sample[], family: string, share: number): number | undefined {
  const byBound = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    const le = labels.get("le");
    if (name === `${family}_bucket` && le !== undefined) byBound.set(numberOf(le), (byBound.get(numberOf(le)) ?? 0) + value);
  }
  const buckets = [...byBound].sort(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const rank = share * total;
  const index = buckets.findIndex(([, count]) => count >= rank);
  const [bound, count] = buckets[index] as [number, number];
  const [lowBound, lowCount] = buckets[index - 1] ?? [0, 0];
  if (bound === Number.POSITIVE_INFINITY) return lowBound;
  return count === lowCount ? bound : lowBound + ((bound - lowBound) * (rank - lowCount)) / (count - lowCount);
}

function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}
