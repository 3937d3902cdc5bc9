import type { Conflict, FamilyTable, SeriesGroup } from "./families.ts";
import type { SeriesFinder } from "./series-finder.ts";
import type { Notice, StoreOptions } from "./store-options.ts";
import type { Stream } from "./stream.ts";
import { familyHeader, type Translation } from "./translation.ts";

/** Conflicts and notices that are remembered as told. */
const MAX_TOLD = 4096;
const RUN_METRIC_PREFIX = "loadtest.run.";

/** Which Prometheus family each OTLP metric belongs to, and what its user should know about that; each thing is told once. */
export class StreamFamilies {
  readonly #families: FamilyTable;
  readonly #finder: SeriesFinder;
  readonly #translation: Translation;
  readonly #options: StoreOptions;
  readonly #told = new Set<string>();

  constructor(families: FamilyTable, finder: SeriesFinder, translation: Translation, options: StoreOptions) {
    this.#families = families;
    this.#finder = finder;
    this.#translation = translation;
    this.#options = options;
  }

  /** Undefined: it cannot be shown, for `stream.reason`. */
  groupOf(stream: Stream): SeriesGroup | undefined {
    if (stream.group !== undefined && !stream.group.isReleased) return stream.group;
    const forgottenNs = stream.group?.forgottenNs ?? 0;
    const family = this.#familyOf(stream);
    stream.group = family && this.#finder.groupOf(family, stream.source, stream.header.name.startsWith(RUN_METRIC_PREFIX));
    if (stream.group !== undefined) stream.group.forgottenNs = Math.max(stream.group.forgottenNs, forgottenNs);
    return stream.group;
  }

  notice(what: Notice["what"], { header, source }: Stream): void {
    const { job, instance } = source.resource.identity;
    const metric = header.name;
    if (this.#isNews(JSON.stringify([what, metric, job, instance]))) this.#options.onNotice?.({ what, metric, job, instance, instances: [] });
  }

  #familyOf(stream: Stream): Stream["family"] {
    if (stream.family !== undefined && !stream.family.isReleased) return stream.family;
    if (stream.reason !== "" && stream.conflictAt === this.#families.releases) return undefined;
    const header = familyHeader(stream.header, this.#translation);
    stream.conflictAt = this.#families.releases;
    stream.family = header && this.#families.claim(header.name, header.type, header.help, header.unit, this.#translation.strategy);
    const { family } = stream;
    if (family !== undefined && header !== undefined) {
      stream.reason = "";
      if (family.help !== header.help) this.#conflict(stream, header.name, "help");
      if (family.givenUnit !== header.unit) this.#conflict(stream, header.name, "unit");
    } else if (stream.reason === "") {
      stream.reason = header === undefined ? "invalid_name" : "type_conflict";
      this.#conflict(stream, header?.name ?? "", header === undefined ? "name" : "type");
      this.#options.onNaming?.(stream.header, undefined, [], stream.reason);
    }
    return family;
  }

  #conflict({ header }: Stream, name: string, conflict: Conflict): void {
    if (this.#isNews(JSON.stringify([conflict, header.name, name]))) this.#options.onConflict?.(header.name, name, conflict);
  }

  #isNews(key: string): boolean {
    if (this.#told.has(key) || this.#told.size >= MAX_TOLD) return false;
    this.#told.add(key);
    return true;
  }
}
