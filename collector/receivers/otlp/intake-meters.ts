import { ITEM_WORDS, SIGNALS, type Signal } from "../../model/batch.ts";
import type { ComponentContext } from "../../pipeline/define.ts";
import type { Counter } from "../../pipeline/meter.ts";
import { WireNotes } from "../../wire/wire-notes.ts";

export type Transport = "http" | "grpc";

/** Unknown field names that get a series of their own; a sender can invent names without end. */
const MAX_FIELD_SERIES = 100;

/** A receiver's own counters, under otelcol's names; what only we count begins with `pitwall_`. */
export class IntakeMeters {
  readonly #accepted: Readonly<Record<Signal, Counter>>;
  readonly #refused: Readonly<Record<Signal, Counter>>;
  readonly #failed: Readonly<Record<Signal, Counter>>;
  /** Requests whose bytes could not be read. */
  readonly unreadable: Counter;
  readonly #invalidUtf8: Counter;
  readonly #duplicateKeys: Counter;
  readonly #tooDeep: Counter;
  readonly #droppedLinks: Counter;
  readonly #droppedExemplars: Counter;
  readonly #unknownFields = new Map<string, Counter>();
  readonly #unknownField: (field: string) => Counter;
  /** Told of text that is not UTF-8 when a sink decodes what the scan let pass as bytes; its other counts repeat the scan's. */
  readonly lateNotes = new WireNotes();
  #lateInvalidUtf8 = 0;

  constructor({ id, meter }: ComponentContext, transport: Transport) {
    const labels = { receiver: id, transport };
    const perSignal = (outcome: string, help: string) =>
      Object.fromEntries(
        SIGNALS.map((signal) => [signal, meter.counter(`otelcol_receiver_${outcome}_${ITEM_WORDS[signal]}`, help, labels)]),
      ) as Record<Signal, Counter>;
    const note = (name: string, help: string) => meter.counter(`pitwall_receiver_${name}`, help, labels);
    this.#accepted = perSignal("accepted", "Items that the pipeline took.");
    this.#refused = perSignal("refused", "Items that the pipeline, or the receiver for the pipeline, did not take.");
    this.#failed = perSignal("failed", "Items lost to a fault inside this process.");
    this.unreadable = note("unreadable_requests", "Requests whose bytes were not OTLP.");
    this.#invalidUtf8 = note("invalid_utf8", "Strings that were not UTF-8; each bad sequence became U+FFFD.");
    this.#duplicateKeys = note("duplicate_keys", "Attributes whose key stood in the same list before.");
    this.#tooDeep = note("too_deep", "Attribute values dropped because they were nested too deep.");
    this.#droppedLinks = note("dropped_links", "Span links dropped for an id of the wrong length.");
    this.#droppedExemplars = note("dropped_exemplars", "Exemplars dropped for an id of the wrong length.");
    this.#unknownField = (field) =>
      meter.counter("pitwall_receiver_unknown_fields", "Fields that this version does not know, passed over.", { ...labels, field });
  }

  accepted(signal: Signal, items: number): void {
    this.#accepted[signal].add(items);
  }
  refused(signal: Signal, items: number): void {
    this.#refused[signal].add(items);
  }
  failed(signal: Signal, items: number): void {
    this.#failed[signal].add(items);
  }

  /** Adds up what a decoder noted and says, in words for the sender, what was changed; "" where nothing was. */
  noted(notes: WireNotes): string {
    for (const [field, times] of notes.unknownFields) this.#unknownFieldCounter(field).add(times);
    this.#duplicateKeys.add(notes.duplicateKeys);
    this.#invalidUtf8.add(this.lateNotes.invalidUtf8 - this.#lateInvalidUtf8);
    this.#lateInvalidUtf8 = this.lateNotes.invalidUtf8;
    if (notes.invalidUtf8 + notes.tooDeep + notes.droppedLinks + notes.droppedExemplars === 0) return "";
    this.#invalidUtf8.add(notes.invalidUtf8);
    this.#tooDeep.add(notes.tooDeep);
    this.#droppedLinks.add(notes.droppedLinks);
    this.#droppedExemplars.add(notes.droppedExemplars);
    return [
      told(notes.invalidUtf8, "strings were not UTF-8, the bad bytes were replaced by U+FFFD"),
      told(notes.tooDeep, "values were nested too deep and dropped"),
      told(notes.droppedLinks, "span links had an id of the wrong length and were dropped"),
      told(notes.droppedExemplars, "exemplars had an id of the wrong length and were dropped"),
    ]
      .filter((part) => part !== "")
      .join("; ");
  }

  #unknownFieldCounter(field: string): Counter {
    const known = this.#unknownFields.get(field);
    if (known !== undefined) return known;
    if (this.#unknownFields.size >= MAX_FIELD_SERIES) return this.#unknownField("other");
    const counter = this.#unknownField(field);
    this.#unknownFields.set(field, counter);
    return counter;
  }
}

function told(times: number, what: string): string {
  return times === 0 ? "" : `${times} ${what}`;
}
