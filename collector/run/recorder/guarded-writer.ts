import type { LedgerEndpoint, LedgerLoss, LedgerWitness, SampledTrace } from "../../model/ledger.ts";
import type { LoadNote } from "../../model/load-record.ts";
import type { Mark } from "../../model/run.ts";
import type { GaugeIdentity, LedgerRows, LedgerWriter } from "../ledger-writer.ts";
import type { LossTally } from "./loss-tally.ts";

type Facts = Parameters<LedgerWriter["addFacts"]>[0];

/** A note for every sender must not become a ledger of notes. */
const MAX_NOTES = 200;
const REASON = "the ledger could not be written";

/** A ledger that may fail: what it does not take is counted as lost, and told once. Nothing here throws. */
export class GuardedWriter {
  readonly #writer: LedgerWriter;
  readonly #losses: LossTally;
  readonly #onFault: (error: unknown) => void;
  readonly #notes = new Set<string>();
  #hasTold = false;

  constructor(writer: LedgerWriter, losses: LossTally, onFault: (error: unknown) => void) {
    this.#writer = writer;
    this.#losses = losses;
    this.#onFault = onFault;
  }

  /** The index; −1 where the ledger does not take it. */
  endpoint(endpoint: Pick<LedgerEndpoint, "method" | "name" | "source">): number {
    let index = -1;
    this.#attempt(() => {
      index = this.#writer.endpoint(endpoint);
    });
    return index;
  }

  series(identity: GaugeIdentity): number {
    let index = -1;
    this.#attempt(() => {
      index = this.#writer.series(identity);
    });
    return index;
  }

  /** Whether it was taken; what is tried again later must not be counted as lost. */
  vote(endpoint: number, as: number, count: number): boolean {
    return this.#attempt(() => this.#writer.vote(endpoint, as, count));
  }

  write(rows: LedgerRows): void {
    const { cells = [], joins = [], clockPairs = [], points = [], logs = [] } = rows;
    if (cells.length + joins.length + clockPairs.length + points.length + logs.length === 0) return;
    if (this.#attempt(() => this.#writer.write(rows))) return;
    this.#losses.add(
      "requests",
      REASON,
      cells.reduce((sum, { count }) => sum + count, 0),
    );
    this.#losses.add(
      "samples",
      REASON,
      points.reduce((sum, { point }) => sum + point.n, 0),
    );
    this.#losses.add("logs", REASON, logs.length);
    this.#losses.add(
      "traces",
      REASON,
      joins.reduce((sum, { count }) => sum + count, 0),
    );
  }

  saveTraces(traces: readonly SampledTrace[]): boolean {
    return this.#attempt(() => this.#writer.saveTraces(traces));
  }

  saveWitnesses(witnesses: readonly LedgerWitness[]): boolean {
    return this.#attempt(() => this.#writer.saveWitnesses(witnesses));
  }

  saveLosses(losses: readonly LedgerLoss[]): boolean {
    return this.#attempt(() => this.#writer.saveLosses(losses));
  }

  addFacts(facts: Facts): void {
    if (this.#attempt(() => this.#writer.addFacts(facts))) return;
    const { aggregates = [], thresholds = [], facts: runs = [], notes = [] } = facts;
    this.#losses.add("samples", REASON, aggregates.length + thresholds.length + runs.length + notes.length);
  }

  /** Once for each code and subject. */
  note(code: string, subject: string, text: string): void {
    this.#noteOnce(`${code} ${subject}`, { kind: "note", code, text: subject === "" ? text : `${subject}: ${text}` });
  }

  /** What a witness notes: once for each text. */
  keepNote(note: LoadNote): void {
    this.#noteOnce(`${note.code}\n${note.text}`, note);
  }

  addMark(mark: Mark): void {
    if (!this.#attempt(() => this.#writer.addMark(mark))) this.#losses.add("logs", REASON);
  }

  #noteOnce(key: string, note: LoadNote): void {
    if (this.#notes.has(key) || this.#notes.size >= MAX_NOTES) return;
    this.#notes.add(key);
    this.addFacts({ notes: [note] });
  }

  #attempt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      this.tell(error);
      return false;
    }
  }

  /** The first one is told; whoever is told must not stop the recording. */
  tell(error: unknown): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    try {
      this.#onFault(error);
    } catch {
      // Who listens has faults of his own; there is nobody left to tell.
    }
  }
}
