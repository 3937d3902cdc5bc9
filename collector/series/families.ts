import { addsSuffixes, isLegacyName, type TranslationStrategy } from "../wire/prometheus-name.ts";

export type FamilyType = "counter" | "gauge" | "histogram" | "summary" | "unknown";

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
  readonly isLegacy: boolean;
  /** Indices of its series, in no particular order. */
  readonly series: number[] = [];
  /** Its last series has expired; its names may belong to another one by now. */
  isReleased = false;

  constructor(base: string, sample: string, type: FamilyType, help: string, unit: string) {
    this.base = base;
    this.sample = sample;
    this.type = type;
    this.help = help;
    this.unit = unit !== "" && base.endsWith(`_${unit}`) ? unit : "";
    this.isLegacy = isLegacyName(sample);
  }

  /** Every name under which a sample or a TYPE line of it could stand. */
  get names(): readonly string[] {
    switch (this.type) {
      case "histogram":
        return [this.base, `${this.base}_bucket`, `${this.base}_count`, `${this.base}_sum`];
      case "summary":
        return [this.base, `${this.base}_count`, `${this.base}_sum`];
      default:
        return this.base === this.sample ? [this.base] : [this.base, this.sample];
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
    const known = this.#families.get(base);
    if (known !== undefined) return known.type === type && known.sample === name ? known : undefined;
    const family = new Family(base, name, type, help, unit);
    if (family.names.some((one) => this.#owners.has(one))) return undefined;
    for (const one of family.names) this.#owners.set(one, family);
    this.#families.set(base, family);
    this.#sorted = undefined;
    return family;
  }

  release(family: Family): void {
    for (const name of family.names) this.#owners.delete(name);
    this.#families.delete(family.base);
    family.isReleased = true;
    this.#sorted = undefined;
    this.releases++;
  }

  sorted(): readonly Family[] {
    this.#sorted ??= [...this.#families.values()].sort((a, b) => (a.base < b.base ? -1 : 1));
    return this.#sorted;
  }
}
