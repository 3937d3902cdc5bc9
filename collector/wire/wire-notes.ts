/**
 * What a decoder passed over without failing: given to a decoder it counts, left away nothing is counted. One object may serve many
 * requests: the counts only grow, so that a receiver reports them as self metrics.
 */
export class WireNotes {
  /** Fields outside the tables, "Span.99" or (JSON) "Span.fooBar" → how often; at most `MAX_UNKNOWN_NAMES` names, the rest under "other". */
  readonly unknownFields = new Map<string, number>();
  /** Strings that were not UTF-8: each offending sequence became U+FFFD. */
  invalidUtf8 = 0;
  /** Attributes whose key stood in the same list before; both are kept, the last one counts. */
  duplicateKeys = 0;
  /** Values dropped to empty because they were nested deeper than `MAX_VALUE_DEPTH`. */
  tooDeep = 0;
  /** Span links dropped for an id of the wrong length (added to the span's own dropped count as well). */
  droppedLinks = 0;
  /** Exemplars dropped for an id of the wrong length. */
  droppedExemplars = 0;
  /** A list without duplicates, by its length. */
  readonly #uniqueByLength: (readonly string[] | undefined)[] = new Array<undefined>(MAX_KNOWN_LENGTH);

  unknownField(message: string, field: string | number): void {
    let name = `${message}.${field}`;
    if (!this.unknownFields.has(name) && this.unknownFields.size >= MAX_UNKNOWN_NAMES) name = "other";
    this.unknownFields.set(name, (this.unknownFields.get(name) ?? 0) + 1);
  }

  /** Counts the keys that stood before them in the list. The list is kept to be compared with later ones, so it must not change. */
  countDuplicates(keys: readonly string[]): void {
    const length = keys.length;
    if (length < 2) return;
    // Nearly every list has the very keys of the one before it: ten times as fast as a set.
    const known = this.#uniqueByLength[length];
    if (known?.every((key, index) => key === keys[index])) return;
    const duplicates = length - new Set(keys).size;
    this.duplicateKeys += duplicates;
    if (duplicates === 0 && length < MAX_KNOWN_LENGTH) this.#uniqueByLength[length] = keys;
  }
}

/** Longer lists are rare. */
const MAX_KNOWN_LENGTH = 64;

/** A sender can invent field names without end: this many are kept apart. */
const MAX_UNKNOWN_NAMES = 256;
