import type { Labels } from "../../collector/series/families.ts";
import { compareUtf8 } from "../../collector/wire/compare-utf8.ts";
import { escapeLabelName, isLegacyLabelName, type NameEscaping } from "../../collector/wire/prometheus-escape.ts";
import { escapeLabelValue } from "../../collector/wire/prometheus-text.ts";

interface LabelName {
  readonly escaped: string;
  /** `name="`, in quotes itself where it needs them. */
  readonly start: string;
}

export const NUL = "\0";
export const REPLACEMENT = "\uFFFD";

/** Names that are remembered; a sender that has new ones each time must not fill the memory. */
const MAX_NAMES = 10_000;

/** Labels as one kind of scraper gets to see them. */
export class EscapedLabels {
  readonly escaping: NameEscaping;
  readonly #changesNames: boolean;
  readonly #names = new Map<string, LabelName>();

  /** `utf8Names`: there can be names outside the legacy alphabet. */
  constructor(escaping: NameEscaping, utf8Names: boolean) {
    this.escaping = escaping;
    this.#changesNames = utf8Names && escaping !== "allow-utf-8";
  }

  /** Whether another set of labels could have the same text, because names or values were changed in one of the two. */
  mayCollide(text: string): boolean {
    return this.#changesNames || text.includes(REPLACEMENT);
  }

  /**
   * Sorted again; where two names come to one, their values are joined as those of attributes are. The same object where nothing changes.
   * NUL becomes U+FFFD everywhere: to the lexers of the text formats it is the end, and a series is to be the same in all formats.
   */
  of(labels: Labels): Labels {
    if (!labels.some(([name, value]) => this.#name(name).escaped !== name || value.includes(NUL))) return labels;
    const escaped = new Map<string, string>();
    for (const [name, value] of labels) {
      const under = this.#name(name).escaped;
      const before = escaped.get(under);
      const text = value.replaceAll(NUL, REPLACEMENT);
      escaped.set(under, before === undefined ? text : `${before};${text}`);
    }
    return [...escaped].sort(([a], [b]) => compareUtf8(a, b));
  }

  /** `a="b",c="d"`. */
  text(labels: Labels): string {
    let text = "";
    let comma = "";
    for (const [name, value] of this.of(labels)) {
      text += `${comma}${this.#name(name).start}${escapeLabelValue(value)}"`;
      comma = ",";
    }
    return text;
  }

  #name(name: string): LabelName {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const escaped = escapeLabelName(name, this.escaping).replaceAll(NUL, REPLACEMENT);
    const start = isLegacyLabelName(name) || this.escaping !== "allow-utf-8" ? `${name}="` : `"${escapeLabelValue(name)}"="`;
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    const made = { escaped, start };
    this.#names.set(name, made);
    return made;
  }
}
