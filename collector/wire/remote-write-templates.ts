import type { WriteBatch, WriteSeries } from "./remote-write-batch.ts";
import type { BodyWriter } from "./remote-write-body.ts";
import { makeTemplate, type TemplateSource, type WriteTemplate } from "./remote-write-template.ts";

export interface TemplateLimits {
  /** Of templates and of the sequences that may become one; beyond it those unused for longest go. */
  readonly maxBytes: number;
  readonly maxSequences: number;
}

export const TEMPLATE_LIMITS: TemplateLimits = { maxBytes: 67_108_864, maxSequences: 256 };

/** A sequence of series that was seen. */
interface Sequence {
  readonly series: readonly WriteSeries[];
  /** Without a template that fitted. */
  sightings: number;
  template: WriteTemplate | undefined;
  /** Batches that the template served. */
  uses: number;
  /** Its template counts on no equal timestamps. */
  isLoose: boolean;
}

/** What is known of the sequences that begin with one series. */
interface Place {
  /** The one with a template. A batch that differs for once does not cost it. */
  known: Sequence | undefined;
  /** Another one, that was seen last. */
  candidate: Sequence | undefined;
  /** Templates made one after the other that did not pay. */
  failures: number;
}

/** Shorter batches are made in a few microseconds anyway. */
const MIN_SERIES = 16;
const MIN_SIGHTINGS = 2;
/** A template costs as much to make as so many bodies without one. */
const MIN_USES = 8;
/** After each that did not pay, twice as many sightings are waited for. */
const MAX_FAILURES = 10;
/** What a series costs that is only remembered. */
const SEQUENCE_BYTES = 8;

/** The templates of one encoder, by first series: each made for a sequence of series that came twice. */
export class WriteTemplates {
  readonly #limits: TemplateLimits;
  /** In the order of their last use. */
  readonly #places = new Map<WriteSeries, Place>();
  #sizeBytes = 0;

  constructor(limits: TemplateLimits) {
    this.#limits = limits;
  }

  /** The template and a body filled from it; undefined where there is none for this batch. */
  fill(batch: WriteBatch): { readonly template: WriteTemplate; readonly body: Uint8Array } | undefined {
    const first = batch.series[0];
    if (first === undefined || batch.length < MIN_SERIES) return undefined;
    const place = this.#places.get(first);
    const known = place?.known;
    if (place === undefined || known?.template === undefined) return undefined;
    const body = known.template.fill(batch);
    if (body === undefined) return undefined;
    known.uses++;
    this.#places.delete(first);
    this.#places.set(first, place);
    return { template: known.template, body };
  }

  /** Takes note of a batch that had no template, and makes one if it is time: true. `written` holds its samples, as `writeHead` left them. */
  learn(batch: WriteBatch, written: BodyWriter, hasStarts: boolean): boolean {
    const { valueOffsets } = written;
    const first = batch.series[0];
    if (first === undefined || batch.length < MIN_SERIES || valueOffsets === undefined || this.#limits.maxSequences === 0) return false;
    const place = this.#places.get(first) ?? { known: undefined, candidate: undefined, failures: 0 };
    this.#sizeBytes -= this.#places.delete(first) ? sizeOf(place) : 0;
    this.#places.set(first, place);
    const raw = written.output.bytes.subarray(0, written.output.at);
    const sequence = sighted(place, batch);
    const isMade = isDue(place, sequence) && make(place, sequence, batch, { raw, valueOffsets, hasStarts });
    this.#sizeBytes += sizeOf(place);
    this.#evict();
    return isMade && this.#places.has(first);
  }

  #evict(): void {
    for (const [first, place] of this.#places) {
      if (this.#sizeBytes <= this.#limits.maxBytes && this.#places.size <= this.#limits.maxSequences) return;
      this.#places.delete(first);
      this.#sizeBytes -= sizeOf(place);
    }
  }
}

/** The sequence of the batch, seen once more: the known one or the candidate. */
function sighted(place: Place, batch: WriteBatch): Sequence {
  const { known, candidate } = place;
  const same = [known, candidate].find((sequence) => sequence !== undefined && isSame(sequence.series, batch));
  const sequence = same ?? { series: batch.series.slice(0, batch.length), sightings: 0, template: undefined, uses: 0, isLoose: false };
  sequence.sightings++;
  if (sequence !== known) place.candidate = sequence;
  return sequence;
}

/** What was equal when a template was made may not be now: one that counts on less may be made at once, any other has to wait for its turn. */
function isDue({ known, failures }: Place, sequence: Sequence): boolean {
  return (sequence === known && !known.isLoose) || sequence.sightings >= MIN_SIGHTINGS << failures;
}

function make(place: Place, sequence: Sequence, batch: WriteBatch, source: Omit<TemplateSource, "isLoose">): boolean {
  const { known } = place;
  sequence.sightings = 0;
  const isLoose = sequence === known;
  const template = makeTemplate(batch, sequence.series, { ...source, isLoose });
  if (template === undefined) return false;
  if (known !== undefined && (sequence !== known || known.isLoose)) place.failures = failuresAfter(known, place.failures);
  Object.assign(sequence, { template, isLoose, uses: 0 });
  if (sequence !== known) place.candidate = undefined;
  place.known = sequence;
  return true;
}

function sizeOf({ known, candidate }: Place): number {
  const remembered = (known?.series.length ?? 0) + (candidate?.series.length ?? 0);
  return remembered * SEQUENCE_BYTES + (known?.template?.sizeBytes ?? 0);
}

function failuresAfter({ uses }: Sequence, failures: number): number {
  return uses >= MIN_USES ? 0 : Math.min(failures + 1, MAX_FAILURES);
}

function isSame(series: readonly WriteSeries[], batch: WriteBatch): boolean {
  if (series.length !== batch.length) return false;
  for (let sample = 0; sample < series.length; sample++) if (series[sample] !== batch.series[sample]) return false;
  return true;
}
