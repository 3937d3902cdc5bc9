import type { Family } from "../../collector/series/families.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { escapeHelp, formatFamilyName } from "../../collector/wire/prometheus-text.ts";
import type { EscapedLabels } from "./escaped-labels.ts";
import type { ExposedFamily } from "./exposed-names.ts";
import type { KeptBytes } from "./kept-bytes.ts";
import type { Page } from "./page.ts";
import { SeriesChunk } from "./series-chunk.ts";
import type { LineStyle } from "./series-shape.ts";

/** One family in text: its header, and chunk by chunk its series. */
export class TextFamily {
  readonly #store: SeriesStore;
  readonly #style: LineStyle;
  readonly #labels: EscapedLabels;
  readonly #kept: KeptBytes;
  #exposed: ExposedFamily;
  #chunks: SeriesChunk[] = [];
  #removals = -1;
  #mayCollide = false;
  #keptBytes = 0;

  constructor(store: SeriesStore, exposed: ExposedFamily, style: LineStyle, labels: EscapedLabels, kept: KeptBytes) {
    this.#store = store;
    this.#exposed = exposed;
    this.#style = style;
    this.#labels = labels;
    this.#kept = kept;
  }

  /** Gives its memory back. */
  forget(): void {
    this.#chunks = [];
    this.#account(-this.#keptBytes);
    this.#mayCollide = false;
  }

  /** `scratch` is lent: chunks that there is no room for are rendered in it. Gives how many series an escaping hides. */
  write(page: Page, exposed: ExposedFamily, scratch: SeriesChunk): number {
    const { family } = exposed;
    if (family.removals !== this.#removals || exposed !== this.#exposed || (this.#mayCollide && !this.#isCurrent())) this.forget();
    this.#exposed = exposed;
    this.#removals = family.removals;
    const start = page.length;
    this.#header(page);
    const headerEnd = page.length;
    const seen = new Set<string>();
    let hidden = 0;
    let from = 0;
    for (let index = 0; from < family.series.length; index++) {
      const known = this.#chunks[index];
      const isCurrent = known?.from === from && (known.isFull || known.to === family.series.length) && known.isCurrent();
      const chunk = isCurrent ? known : this.#build(index, from, seen, scratch);
      chunk.write(page);
      hidden += chunk.hidden;
      from = chunk.to;
    }
    // Where none of its series has a value there is no header either.
    if (page.length === headerEnd) page.length = start;
    return hidden;
  }

  /** Whether nothing has to be rendered anew: what escaping has made equal is found only by looking at all series together. */
  #isCurrent(): boolean {
    const last = this.#chunks.at(-1);
    return last?.to === this.#exposed.family.series.length && this.#chunks.every((chunk) => chunk.isCurrent());
  }

  /** The chunk that begins there, rendered anew; kept where there is room for it. */
  #build(index: number, from: number, seen: Set<string>, scratch: SeriesChunk): SeriesChunk {
    const known = this.#chunks[index];
    const isKept = known !== undefined || (index === this.#chunks.length && this.#kept.hasRoom);
    const chunk = known ?? (isKept ? new SeriesChunk(this.#store, this.#style, this.#labels) : scratch);
    const before = known?.sizeBytes ?? 0;
    chunk.build(this.#exposed, from, seen);
    this.#mayCollide ||= chunk.mayCollide;
    if (isKept) {
      this.#chunks[index] = chunk;
      this.#account(chunk.sizeBytes - before);
    }
    return chunk;
  }

  #account(bytes: number): void {
    this.#keptBytes += bytes;
    this.#kept.used += bytes;
  }

  #header(page: Page): void {
    const { family, base, sample, unit } = this.#exposed;
    const { openMetrics } = this.#style;
    const name = formatFamilyName(openMetrics ? base : sample);
    if (family.help !== "") page.text(`# HELP ${name} ${escapeHelp(family.help, openMetrics)}\n`);
    page.text(`# TYPE ${name} ${typeWord(family, openMetrics)}\n`);
    if (openMetrics && unit !== "") page.text(`# UNIT ${name} ${unit}\n`);
  }
}

function typeWord({ type, base, sample }: Family, openMetrics: boolean): string {
  if (!openMetrics) return type === "unknown" ? "untyped" : type;
  // Without its `_total` OpenMetrics does not know it as a counter.
  return type === "counter" && base === sample ? "unknown" : type;
}
