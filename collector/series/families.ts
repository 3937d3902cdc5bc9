import { addsSuffixes, isLegacyName, type TranslationStrategy } from "../wire/prometheus-name.ts";
import { grownSize, resized } from "./growth.ts";
import type { ResourceEntry } from "./stream.ts";

export type FamilyType = "counter" | "gauge" | "histogram" | "summary" | "unknown";

/** What a metric and the one that has its name already do not agree in. `name`: nothing is left of it in Prometheus' alphabet. */
export type Conflict = "name" | "type" | "help" | "unit";

/** Name and value, in the byte order of the names. */
export type Labels = readonly (readonly [string, string])[];

/** The series of a family that share job, instance and scope: those of one metric of one sender, as a rule. */
export interface SeriesGroup {
  readonly id: number;
  /** `shared` as one text: its place in `family.groups`. */
  readonly key: string;
  readonly family: Family;
  /** job, instance, otel_scope_… */
  readonly shared: Labels;
  /** Its series that exist. */
  size: number;
  /** Its last series has expired: another group has its id by now. */
  isReleased: boolean;
  /** Who sent it last. */
  resource: ResourceEntry;
  /** The run that it belonged to before, and the arrival (in `SeriesTable.tick`s) of the first point of the present one. */
  formerRunId: string;
  sinceTick: number;
  /** Time of the first point of another process than the one before; 0 = there was none. */
  resourceSinceNs: number;
  /** One of `loadtest.run.…`. */
  readonly isRunMetric: boolean;
  /** Silence that its export interval excuses, ms. */
  silenceMs: number;
  /** Newest time of those of its counters that have expired and are not even remembered. */
  forgottenNs: number;
}

/** One Prometheus metric family: everything under one TYPE line. */
export class Family {
  /** Of OpenMetrics: a counter's without `_total`. */
  readonly base: string;
  /** Of the plain sample line, and of HELP and TYPE in the text format. */
  readonly sample: string;
  readonly type: FamilyType;
  readonly help: string;
  /** "" where it must not be given: OpenMetrics 1.0 wants the name to end in it. */
  readonly unit: string;
  /** The word as it was given, whether or not it may be shown. */
  readonly givenUnit: string;
  readonly isLegacy: boolean;
  /** Rises whenever `series` changes: what was rendered of the list before is to be rendered again. */
  version = 0;
  /** Rises when series leave `series`, so that others get new places; while it stays, new ones only stand behind those that were there. */
  removals = 0;
  /** Its last series has expired; its names may belong to another one by now. */
  isReleased = false;
  /** By the text of their shared labels. */
  readonly groups = new Map<string, SeriesGroup>();
  #series = new Uint32Array(4);
  #length = 0;
  #view: Uint32Array | undefined;

  constructor(base: string, sample: string, type: FamilyType, help: string, unit: string) {
    this.base = base;
    this.sample = sample;
    this.type = type;
    this.help = help;
    this.givenUnit = unit;
    this.unit = unit !== "" && base.endsWith(`_${unit}`) ? unit : "";
    this.isLegacy = isLegacyName(sample);
  }

  /** Indices of its series, in no particular order; good until the next point is taken. */
  get series(): Uint32Array {
    this.#view ??= this.#series.subarray(0, this.#length);
    return this.#view;
  }

  add(series: number): void {
    if (this.#length === this.#series.length) {
      this.#series = resized(this.#series, grownSize(this.#length));
    }
    this.#series[this.#length++] = series;
    this.#view = undefined;
    this.version++;
  }

  /** Leaves out those that are gone. */
  retain(isKept: (series: number) => boolean): void {
    let kept = 0;
    for (let index = 0; index < this.#length; index++) {
      const series = this.#series[index] as number;
      if (isKept(series)) this.#series[kept++] = series;
    }
    if (kept < this.#length) this.removals++;
    this.#length = kept;
    if (kept * 4 < this.#series.length) this.#series = this.#series.slice(0, Math.max(kept, 4));
    this.#view = undefined;
    this.version++;
  }

  /** Every name under which a sample or a TYPE line of it could stand. */
  get names(): readonly string[] {
    switch (this.type) {
      case "histogram":
        return [this.base, `${this.base}_bucket`, `${this.base}_count`, `${this.base}_sum`];
      case "summary":
        return [this.base, `${this.base}_count`, `${this.base}_sum`];
      default:
        // A counter's base is a name in OpenMetrics only: a gauge `x` beside a counter `x_total` is hidden there, and nowhere else.
        return [this.sample];
    }
  }
}

/**
 * Which family owns which names. Two metrics that come to one name and type share the family; of different types the first keeps the
 * name until its last series expires, since a name with two TYPE lines fails the whole scrape.
 */
export class FamilyTable {
  readonly #owners = new Map<string, Family>();
  readonly #families = new Map<string, Family>();
  /** In order of name; undefined = to be sorted again. */
  #sorted: readonly Family[] | undefined;
  /** Rises when names become free. */
  releases = 0;

  constructor(reserved: readonly string[]) {
    for (const name of reserved) this.#owners.set(name, new Family(name, name, "unknown", "", ""));
  }

  /** The family, new or known; undefined where a name of it belongs to another one. */
  claim(name: string, type: FamilyType, help: string, unit: string, strategy: TranslationStrategy): Family | undefined {
    const base = type === "counter" && addsSuffixes(strategy) ? name.replace(/_total$/, "") : name;
    const known = this.#families.get(name);
    if (known !== undefined) return known.type === type ? known : undefined;
    const family = new Family(base, name, type, help, unit);
    if (family.names.some((one) => this.#owners.has(one))) return undefined;
    for (const one of family.names) this.#owners.set(one, family);
    this.#families.set(name, family);
    this.#sorted = undefined;
    return family;
  }

  release(family: Family): void {
    for (const name of family.names) this.#owners.delete(name);
    this.#families.delete(family.sample);
    family.isReleased = true;
    this.#sorted = undefined;
    this.releases++;
  }

  values(): Iterable<Family> {
    return this.#families.values();
  }

  sorted(): readonly Family[] {
    this.#sorted ??= [...this.#families.values()].sort((a, b) => (a.base < b.base || (a.base === b.base && a.sample < b.sample) ? -1 : 1));
    return this.#sorted;
  }
}
