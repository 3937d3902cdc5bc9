export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of a Prometheus text page; enough of the format to read what collectors say of themselves. */
export function parseExposition(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line) => {
    const match = line.startsWith("#") ? null : LINE.exec(line);
    if (match === null) return [];
    const labels = Object.fromEntries([...(match[2] ?? "").matchAll(LABEL)].map(([, key, value]) => [key as string, value as string]));
    return [{ name: match[1] as string, labels, value: parseValue(match[3] as string) }];
  });
}

export async function scrape(url: string): Promise<readonly Sample[]> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return parseExposition(await response.text());
}

/**
 * Sum over the series of one of the collectors' own counters. Its name may carry suffixes: otelcol writes
 * `otelcol_receiver_accepted_spans_total`, `…_spans__spans__total` or `…_spans`, by its version and settings.
 */
export function counterTotal(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels);
  return samples
    .filter((sample) => sample.name === name || new RegExp(`^${name}(__\\w+)?_total$`).test(sample.name))
    .filter((sample) => wanted.every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, sample) => sum + sample.value, 0);
}

function parseValue(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  return Number(text);
}
