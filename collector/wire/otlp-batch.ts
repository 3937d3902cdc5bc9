import type { Batch, ItemsOf, LogsBatch, MetricsBatch, Signal, TracesBatch } from "../model/batch.ts";
import type { Metric, MetricData } from "../model/metric.ts";
import { decodeLogs, encodeLogs } from "./otlp-logs.ts";
import { decodeMetrics, encodeMetrics } from "./otlp-metrics.ts";
import { decodeTraces, encodeTraces } from "./otlp-traces.ts";
import type { WireNotes } from "./wire-notes.ts";

export interface EncodedOptions {
  /** The caller gives the bytes away for good: `retain` need not copy. */
  readonly owned?: boolean;
  /** Told of what the decoder passes over, when and if the items are asked for. */
  readonly notes?: WireNotes;
}

/**
 * A batch of items made or changed here; encoded when first asked for.
 * Owns: the array, which the caller must not change afterwards.
 */
export function batchOf(signal: "traces", items: readonly ItemsOf["traces"][]): TracesBatch;
export function batchOf(signal: "metrics", items: readonly ItemsOf["metrics"][]): MetricsBatch;
export function batchOf(signal: "logs", items: readonly ItemsOf["logs"][]): LogsBatch;
export function batchOf<S extends Signal>(signal: S, items: readonly ItemsOf[S][]): Batch;
export function batchOf(signal: Signal, items: readonly ItemsOf[Signal][]): Batch {
  return new OtlpBatch(signal, countItems(signal, items), { items }) as Batch;
}

/**
 * A batch as received: `count` is what the caller has counted and validated; items are decoded when first asked for. Without `owned` the
 * bytes are borrowed, as `Batch.encoded` says. Each piece must be one whole request of its own.
 */
export function encodedBatch(signal: "traces", pieces: readonly Uint8Array[], count: number, options?: EncodedOptions): TracesBatch;
export function encodedBatch(signal: "metrics", pieces: readonly Uint8Array[], count: number, options?: EncodedOptions): MetricsBatch;
export function encodedBatch(signal: "logs", pieces: readonly Uint8Array[], count: number, options?: EncodedOptions): LogsBatch;
export function encodedBatch(signal: Signal, pieces: readonly Uint8Array[], count: number, options?: EncodedOptions): Batch;
export function encodedBatch(signal: Signal, pieces: readonly Uint8Array[], count: number, options: EncodedOptions = {}): Batch {
  return new OtlpBatch(signal, count, { pieces, owned: options.owned ?? false, notes: options.notes }) as Batch;
}

/** Spans, data points or log records. */
export function countItems(signal: Signal, items: readonly ItemsOf[Signal][]): number {
  if (signal !== "metrics") return items.length;
  let points = 0;
  for (const metric of items as readonly Metric[]) points += metric.data.points.length;
  return points;
}

type Items = readonly ItemsOf[Signal][];
type Source = { readonly items: Items } | { readonly pieces: readonly Uint8Array[]; readonly owned: boolean; readonly notes: WireNotes | undefined };

/** All three signals; its constructor's callers see to it that the items are of the signal. */
class OtlpBatch {
  readonly signal: Signal;
  readonly count: number;
  #items: Items | undefined;
  #pieces: readonly Uint8Array[] | undefined;
  readonly #owned: boolean;
  readonly #notes: WireNotes | undefined;
  #retained: OtlpBatch | undefined;

  constructor(signal: Signal, count: number, source: Source) {
    this.signal = signal;
    this.count = count;
    if ("items" in source) {
      this.#items = source.items;
      this.#owned = true;
    } else {
      this.#pieces = source.pieces;
      this.#owned = source.owned;
      this.#notes = source.notes;
    }
  }

  get items(): Items {
    this.#items ??= decode(this.signal, this.#pieces ?? [], this.#notes);
    return this.#items;
  }

  get encoded(): readonly Uint8Array[] {
    if (this.#pieces === undefined) {
      const bytes = encode(this.signal, this.#items ?? []);
      this.#pieces = bytes.length === 0 ? [] : [bytes];
    }
    return this.#pieces;
  }

  get sizeBytes(): number {
    let size = 0;
    for (const piece of this.#pieces ?? []) size += piece.length;
    return size;
  }

  retain(): OtlpBatch {
    if (this.#owned) return this;
    this.#retained ??= this.#copy();
    return this.#retained;
  }

  /** By the interface, not by the class: a plugin may carry its own copy of this file. */
  concat(others: readonly Batch[]): OtlpBatch {
    if (others.length === 0) return this;
    const all: readonly (Batch | OtlpBatch)[] = [this, ...others];
    const stranger = all.find((batch) => batch.signal !== this.signal);
    if (stranger !== undefined) throw new TypeError(`a batch of ${this.signal} cannot take one of ${stranger.signal}`);
    const count = all.reduce((sum, batch) => sum + batch.count, 0);
    if (all.some((batch) => batch instanceof OtlpBatch && batch.#pieces === undefined)) {
      return new OtlpBatch(this.signal, count, { items: all.flatMap((batch): Items => batch.items) });
    }
    const owned = all.every((batch) => batch instanceof OtlpBatch && batch.#owned);
    return new OtlpBatch(this.signal, count, { pieces: all.flatMap((batch) => batch.encoded), owned, notes: this.#notes });
  }

  split(maxItems: number): readonly OtlpBatch[] {
    if (!(maxItems >= 1)) throw new RangeError(`a batch cannot be split into pieces of ${maxItems} items`);
    if (this.count <= maxItems) return [this];
    const pieces = this.signal === "metrics" ? splitMetrics(this.items as readonly Metric[], maxItems) : splitEvenly(this.items, maxItems);
    return pieces.map((items) => new OtlpBatch(this.signal, countItems(this.signal, items), { items }));
  }

  /** One allocation for all pieces; the piece boundaries stay, since each is a request of its own. */
  #copy(): OtlpBatch {
    const pieces = this.#pieces ?? [];
    const memory = new Uint8Array(this.sizeBytes);
    let at = 0;
    const copies = pieces.map((piece) => {
      memory.set(piece, at);
      at += piece.length;
      return memory.subarray(at - piece.length, at);
    });
    const copy = new OtlpBatch(this.signal, this.count, { pieces: copies, owned: true, notes: this.#notes });
    // Items own their strings and bytes: what was decoded once need not be decoded again.
    copy.#items = this.#items;
    return copy;
  }
}

function decode(signal: Signal, pieces: readonly Uint8Array[], notes: WireNotes | undefined): Items {
  switch (signal) {
    case "traces":
      return decodeTraces(pieces, notes);
    case "metrics":
      return decodeMetrics(pieces, notes);
    case "logs":
      return decodeLogs(pieces, notes);
  }
}

function encode(signal: Signal, items: Items): Uint8Array {
  switch (signal) {
    case "traces":
      return encodeTraces(items as readonly ItemsOf["traces"][]);
    case "metrics":
      return encodeMetrics(items as readonly ItemsOf["metrics"][]);
    case "logs":
      return encodeLogs(items as readonly ItemsOf["logs"][]);
  }
}

function splitEvenly(items: Items, maxItems: number): Items[] {
  const pieces: Items[] = [];
  for (let at = 0; at < items.length; at += maxItems) pieces.push(items.slice(at, at + maxItems));
  return pieces;
}

/** A metric without points goes with the piece that is open when its turn comes: it takes no room. */
function splitMetrics(metrics: readonly Metric[], maxPoints: number): Metric[][] {
  const pieces: Metric[][] = [];
  let open: Metric[] = [];
  let room = maxPoints;
  for (const metric of metrics) {
    const { points } = metric.data;
    let at = 0;
    do {
      if (room === 0 && points.length > 0) {
        pieces.push(open);
        open = [];
        room = maxPoints;
      }
      const taken = Math.min(room, points.length - at);
      const whole = taken === points.length;
      open.push(whole ? metric : { ...metric, data: { ...metric.data, points: points.slice(at, at + taken) } as MetricData });
      room -= taken;
      at += taken;
    } while (at < points.length);
  }
  if (open.length > 0) pieces.push(open);
  return pieces;
}
