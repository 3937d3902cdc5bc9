import type { Family } from "../../collector/series/families.ts";
import { sortedLabels } from "../../collector/series/labels.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import type { NameEscaping } from "../../collector/wire/prometheus-escape.ts";
import { formatLineStart } from "../../collector/wire/prometheus-text.ts";
import type { EscapedLabels } from "./escaped-labels.ts";
import { type ExposedNames, targetNames } from "./exposed-names.ts";
import type { KeptBytes } from "./kept-bytes.ts";
import type { Page } from "./page.ts";
import { SeriesChunk } from "./series-chunk.ts";
import type { LineStyle } from "./series-shape.ts";
import { TextFamily } from "./text-family.ts";

/**
 * Writes everything that the store has now as text, one family after the other: one turn of the event loop, so one instant. What is the same
 * as in the exposition before is copied from it (see `LineBlock`).
 */
export class TextExposition {
  readonly #store: SeriesStore;
  readonly #names: ExposedNames;
  readonly #style: LineStyle;
  readonly #escaping: NameEscaping;
  readonly #labels: EscapedLabels;
  readonly #kept: KeptBytes;
  readonly #families = new Map<Family, TextFamily>();
  /** Series that have the labels of another one under the escaping. */
  hidden = 0;

  constructor(store: SeriesStore, names: ExposedNames, style: LineStyle, labels: EscapedLabels, kept: KeptBytes) {
    this.#store = store;
    this.#names = names;
    this.#style = style;
    this.#escaping = labels.escaping;
    this.#labels = labels;
    this.#kept = kept;
  }

  write(page: Page): void {
    this.hidden = 0;
    this.#targets(page);
    const scratch = new SeriesChunk(this.#store, this.#style, this.#labels);
    for (const exposed of this.#names.families(this.#store.families)) {
      let family = this.#families.get(exposed.family);
      if (family === undefined) {
        family = new TextFamily(this.#store, exposed, this.#style, this.#labels, this.#kept);
        this.#families.set(exposed.family, family);
      }
      this.hidden += family.write(page, exposed, scratch);
    }
    for (const [known, family] of this.#families) {
      if (!known.isReleased) continue;
      family.forget();
      this.#families.delete(known);
    }
    if (this.#style.openMetrics) page.text("# EOF\n");
  }

  /** Gives all memory back. */
  forget(): void {
    for (const family of this.#families.values()) family.forget();
    this.#families.clear();
  }

  #targets(page: Page): void {
    const { openMetrics } = this.#style;
    const targets = new Set([...this.#store.targets.values()].map(({ labels }) => this.#labels.text(sortedLabels(labels))));
    if (targets.size === 0) return;
    const { base, sample } = targetNames(this.#escaping);
    const name = openMetrics ? base : sample;
    page.text(`# HELP ${name} Target metadata\n# TYPE ${name} ${openMetrics ? "info" : "gauge"}\n`);
    for (const labels of [...targets].sort()) page.text(`${formatLineStart(sample, labels)}1\n`);
  }
}
