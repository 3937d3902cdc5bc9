/** One time series of the collector's own counters. Ask for it once, add to it on the hot path. */
export interface Counter {
  add(amount: number): void;
  readonly value: number;
}

export type MeterKind = "counter" | "gauge";
export type Labels = Readonly<Record<string, string>>;

export interface MeterFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: MeterKind;
  readonly series: readonly { readonly labels: Labels; readonly value: number }[];
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

  snapshot(): readonly MeterFamily[] {
    return [...this.#families.values()].map(({ name, help, kind, cells, reads }) => ({
      name,
      help,
      kind,
      series: [
        ...[...cells.values()].map((cell) => ({ labels: cell.labels, value: cell.value })),
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
      family = { name, help, kind, cells: new Map(), reads: new Map() };
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

function seriesKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
