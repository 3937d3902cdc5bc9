/** One time series of the collector's own counters. Ask for it once, add to it on the hot path. */
export interface Counter {
  add(amount: number): void;
  readonly value: number;
}

/** A distribution over fixed bounds. */
export interface Histogram {
  observe(value: number): void;
}

export type MeterKind = "counter" | "gauge" | "histogram";
export type Labels = Readonly<Record<string, string>>;

export interface MeterSeries {
  readonly labels: Labels;
  /** Of a histogram: how many values were observed. */
  readonly value: number;
  /** Of a histogram: upper bounds (inclusive) and, per bound and one more above, how many fell there. */
  readonly buckets?: { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number };
}

export interface MeterFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: MeterKind;
  readonly series: readonly MeterSeries[];
}

/**
 * The collector's own counters and gauges, read by the self-metrics page, the live line and tests.
 * Names are otelcol's (`otelcol_receiver_accepted_spans` …) without `_total`: the exposition adds it.
 */
export class Meter {
  readonly #families = new Map<string, Family>();

  /** The same name and labels give the same counter. */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    const family = this.#family(name, help, "counter");
    const key = seriesKey(labels);
    let cell = family.cells.get(key);
    if (cell === undefined) {
      cell = new Cell(labels);
      family.cells.set(key, cell);
    }
    return cell;
  }

  /** A value that is read when somebody looks. The returned function takes it away again. */
  gauge(name: string, help: string, labels: Labels, read: () => number): () => void {
    const family = this.#family(name, help, "gauge");
    const key = seriesKey(labels);
    family.reads.set(key, { labels, read });
    return () => {
      family.reads.delete(key);
    };
  }

  /** The same name and labels give the same histogram; `bounds` are ascending. */
  histogram(name: string, help: string, labels: Labels, bounds: readonly number[]): Histogram {
    const family = this.#family(name, help, "histogram");
    const key = seriesKey(labels);
    let distribution = family.distributions.get(key);
    if (distribution === undefined) {
      distribution = new Distribution(labels, bounds);
      family.distributions.set(key, distribution);
    }
    return distribution;
  }

  snapshot(): readonly MeterFamily[] {
    return [...this.#families.values()].map(({ name, help, kind, cells, distributions, reads }) => ({
      name,
      help,
      kind,
      series: [
        ...[...cells.values()].map((cell) => ({ labels: cell.labels, value: cell.value })),
        ...[...distributions.values()].map((distribution) => distribution.series()),
        ...[...reads.values()].map(({ labels, read }) => ({ labels, value: read() })),
      ],
    }));
  }

  /** Sum over the series of a family that carry these labels; 0 if there are none. */
  total(name: string, labels: Labels = {}): number {
    const family = this.snapshot().find((candidate) => candidate.name === name);
    const wanted = Object.entries(labels);
    return (family?.series ?? [])
      .filter((series) => wanted.every(([key, value]) => series.labels[key] === value))
      .reduce((sum, series) => sum + series.value, 0);
  }

  #family(name: string, help: string, kind: MeterKind): Family {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { name, help, kind, cells: new Map(), distributions: new Map(), reads: new Map() };
      this.#families.set(name, family);
    }
    return family;
  }
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: MeterKind;
  readonly cells: Map<string, Cell>;
  readonly distributions: Map<string, Distribution>;
  readonly reads: Map<string, { readonly labels: Labels; readonly read: () => number }>;
}

class Cell implements Counter {
  readonly labels: Labels;
  value = 0;
  constructor(labels: Labels) {
    this.labels = labels;
  }
  add(amount: number): void {
    this.value += amount;
  }
}

class Distribution implements Histogram {
  readonly #labels: Labels;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;
  constructor(labels: Labels, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }
  observe(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const index = found < 0 ? this.#bounds.length : found;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
    this.#count++;
  }
  series(): MeterSeries {
    return { labels: this.#labels, value: this.#count, buckets: { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum } };
  }
}

function seriesKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
