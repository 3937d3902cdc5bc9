import type { Family, FamilyTable } from "../../collector/series/families.ts";
import { escapeName, type NameEscaping } from "../../collector/wire/prometheus-escape.ts";
import { NUL, REPLACEMENT } from "./escaped-labels.ts";
import type { FormatKind } from "./negotiate.ts";

/** A family under the names that one kind of scraper gets to see. */
export interface ExposedFamily {
  readonly family: Family;
  /** Of OpenMetrics: a counter's without `_total`. */
  readonly base: string;
  /** Of a plain sample, and of the family itself in text and protobuf. */
  readonly sample: string;
  /** "" where the base does not end in it (any more). */
  readonly unit: string;
}

/** `target_info`, and its family in OpenMetrics. */
export function targetNames(escaping: NameEscaping): { readonly sample: string; readonly base: string } {
  const sample = escapeName("target_info", escaping);
  return { sample, base: sample.slice(0, -"_info".length) };
}

/**
 * The families under an escaping. Two that come to one name cannot both be shown, since a name with two TYPE lines fails the whole scrape:
 * the one that was there first is shown, so that it does not depend on the scraper.
 */
export class ExposedNames {
  readonly #escaping: NameEscaping;
  readonly #kind: FormatKind;
  readonly #onHidden: (family: Family, name: string) => void;
  #known: ReadonlyMap<Family, ExposedFamily> = new Map();
  /** Which were told of. */
  readonly #told = new WeakSet<Family>();
  #sorted: readonly Family[] = [];
  #shown: readonly ExposedFamily[] = [];
  /** Families that another one hides. */
  hidden = 0;

  constructor(escaping: NameEscaping, kind: FormatKind, onHidden: (family: Family, name: string) => void) {
    this.#escaping = escaping;
    this.#kind = kind;
    this.#onHidden = onHidden;
  }

  /** In the store's order. */
  families(table: FamilyTable): readonly ExposedFamily[] {
    const sorted = table.sorted();
    if (sorted === this.#sorted) return this.#shown;
    this.#sorted = sorted;
    const owned = new Set(this.#kind === "openmetrics" ? Object.values(targetNames(this.#escaping)) : [targetNames(this.#escaping).sample]);
    const shown = new Map<Family, ExposedFamily>();
    for (const family of table.values()) {
      const exposed = this.#known.get(family) ?? this.#expose(family);
      const names = this.#namesOf(exposed);
      const taken = names.find((name) => owned.has(name));
      if (taken !== undefined) this.#tell(family, taken);
      else {
        shown.set(family, exposed);
        for (const name of names) owned.add(name);
      }
    }
    this.#known = shown;
    this.hidden = sorted.length - shown.size;
    this.#shown = sorted.flatMap((family) => shown.get(family) ?? []);
    return this.#shown;
  }

  #expose(family: Family): ExposedFamily {
    const sample = escapeName(family.sample, this.#escaping).replaceAll(NUL, REPLACEMENT);
    // The suffix stands at the end under each escaping: `dots` turns it into `__total`, which ends in it.
    const base = family.base === family.sample ? sample : sample.slice(0, -"_total".length);
    return { family, base, sample, unit: family.unit !== "" && base.endsWith(`_${family.unit}`) ? family.unit : "" };
  }

  /** Every name that no other family may have. OpenMetrics keeps `_created` for the family even where it is not written. */
  #namesOf({ family: { type }, base, sample }: ExposedFamily): readonly string[] {
    const created = this.#kind === "openmetrics" && type !== "gauge" && type !== "unknown" ? [`${base}_created`] : [];
    switch (type) {
      case "histogram":
        return [base, `${base}_bucket`, `${base}_count`, `${base}_sum`, ...created];
      case "summary":
        return [base, `${base}_count`, `${base}_sum`, ...created];
      default:
        return base === sample || this.#kind !== "openmetrics" ? [sample] : [base, sample, ...created];
    }
  }

  #tell(family: Family, name: string): void {
    if (this.#told.has(family)) return;
    this.#told.add(family);
    this.#onHidden(family, name);
  }
}
