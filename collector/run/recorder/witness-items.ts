import type { LoadItem, LoadNote } from "../../model/load-record.ts";
import type { Mark } from "../../model/run.ts";
import { lossOfNote } from "../../wire/witness/loss-note.ts";
import type { WitnessIdentity } from "../../wire/witness/witness-batches.ts";
import type { LedgerWriter } from "../ledger-writer.ts";
import type { CellSources } from "./cell-sources.ts";
import { cutText } from "./cut-text.ts";
import type { JoinTable } from "./join-table.ts";
import type { RecorderParts } from "./recorder-parts.ts";
import { recordSample, type SampleWitness } from "./sample-recorder.ts";
import { type RequestWitness, recordRequest, requestWitness } from "./witness-requests.ts";
import type { WitnessRecord, WitnessTable } from "./witness-table.ts";

/** A witness as the recorder knows it: what is looked up once for all that it says. */
interface Known {
  readonly record: WitnessRecord;
  readonly samples: SampleWitness;
  readonly requests: RequestWitness | undefined;
}

const MAX_WITNESSES = 500;
/** What generators sum up themselves is some lines a period; more of it is a mistake. */
const MAX_FACTS = 5000;
const MAX_NOTE_CHARACTERS = 1000;
/** A service that restarts every second of a long run need not be told of each time. */
const MAX_MARKS = 500;
/** By which the host receiver says that a process that it watches has ended or begun. */
const PROCESS_CHANGED = "process_changed";
const MAX_NAME_CHARACTERS = 200;
const MAX_LIMITS = 20;

/** Reads what witnesses of our own receivers and files say: requests, samples, and what they say of the whole. */
export class WitnessItems {
  readonly #parts: RecorderParts;
  readonly #joins: JoinTable;
  readonly #witnesses: WitnessTable;
  readonly #sources: CellSources;
  readonly #runId: string;
  readonly #addMark: (mark: Mark) => void;
  #facts = 0;
  #marks = 0;
  readonly #byIdentity = new WeakMap<WitnessIdentity, Known | "foreign">();
  readonly #known = new Map<string, Known>();

  constructor(options: {
    readonly parts: RecorderParts;
    readonly joins: JoinTable;
    readonly witnesses: WitnessTable;
    readonly sources: CellSources;
    readonly runId: string;
    readonly addMark: (mark: Mark) => void;
  }) {
    this.#parts = options.parts;
    this.#joins = options.joins;
    this.#witnesses = options.witnesses;
    this.#sources = options.sources;
    this.#runId = options.runId;
    this.#addMark = options.addMark;
  }

  record(item: LoadItem, identity: WitnessIdentity): void {
    const known = this.#of(identity);
    if (known === "foreign") return;
    const { losses, arrivedMs } = this.#parts;
    switch (item.kind) {
      case "request":
        if (known.requests === undefined) losses.add("requests", "requests of a witness that is no hop");
        else recordRequest(this.#parts, this.#joins, known.requests, item);
        return;
      case "sample":
        recordSample(this.#parts, known.samples, item);
        return;
      case "aggregate":
        known.record.heard(arrivedMs(), undefined);
        this.#addFacts({ aggregates: [{ witness: known.record.facts.name, item }] });
        return;
      case "threshold":
        this.#addFacts({ thresholds: [item] });
        return;
      case "run":
        this.#addFacts({ facts: [item] });
        return;
      case "note":
        this.#note(item, identity);
    }
  }

  #note(note: LoadNote, { hop }: WitnessIdentity): void {
    const { writer, losses } = this.#parts;
    const loss = lossOfNote(note);
    if (loss !== undefined) losses.told(loss);
    else if (hop === "host" && note.code === PROCESS_CHANGED) this.#mark(note);
    else writer.keepNote({ kind: "note", code: cutText(note.code, MAX_NAME_CHARACTERS), text: cutText(note.text, MAX_NOTE_CHARACTERS) });
  }

  /** A note has no time of its own; those of the host come within a second or two. */
  #mark({ text }: LoadNote): void {
    if (this.#marks >= MAX_MARKS) {
      this.#parts.losses.detail("logs", `processes that began or ended, beyond the first ${MAX_MARKS}`);
      return;
    }
    this.#marks++;
    this.#addMark({ timeUnixMs: this.#parts.arrivedMs(), text: cutText(text, MAX_NOTE_CHARACTERS), labels: {}, kind: "system" });
  }

  #addFacts(facts: Parameters<LedgerWriter["addFacts"]>[0]): void {
    if (this.#facts >= MAX_FACTS) {
      this.#parts.losses.add("samples", `aggregates, thresholds and facts beyond the first ${MAX_FACTS}`);
      return;
    }
    this.#facts++;
    this.#parts.writer.addFacts(facts);
  }

  #of(identity: WitnessIdentity): Known | "foreign" {
    const known = this.#byIdentity.get(identity);
    if (known !== undefined) return known;
    const found = identity.runId === "" || identity.runId === this.#runId ? this.#find(identity) : "foreign";
    this.#byIdentity.set(identity, found);
    return found;
  }

  #find(identity: WitnessIdentity): Known {
    const { hop, name, format, instance, durationMeans, correction, survivorsOnly, limits } = cutIdentity(identity);
    const key = `${hop}\n${name}\n${format}\n${instance}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const record = this.#witnesses.of({ hop, name, format, durationMeans, correction, survivorsOnly, limits });
    const made: Known = {
      record,
      samples: { hop: hop === "host" ? undefined : hop, name, instance, record },
      requests: requestWitness({ hop, name, instance, format }, record, this.#sources),
    };
    if (this.#known.size < MAX_WITNESSES) this.#known.set(key, made);
    return made;
  }
}

/** As it came over the wire its texts may be of any length. */
function cutIdentity(identity: WitnessIdentity): WitnessIdentity {
  const cut = (text: string) => cutText(text, MAX_NAME_CHARACTERS);
  const { name, format, instance, durationMeans, correction, limits } = identity;
  return {
    ...identity,
    name: cut(name),
    format: cut(format),
    instance: cut(instance),
    durationMeans: cut(durationMeans),
    correction: cut(correction),
    limits: limits.slice(0, MAX_LIMITS).map((limit) => cutText(limit, MAX_NOTE_CHARACTERS)),
  };
}
