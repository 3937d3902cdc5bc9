import { existsSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { LedgerEndpoint, LedgerLoss, LedgerWitness, SampledTrace } from "../../model/ledger.ts";
import type { Mark, Run, RunPhase } from "../../model/run.ts";
import type { EndpointRule } from "../endpoints/endpoint-rule.ts";
import type { GaugeIdentity, LedgerRows, LedgerWriter } from "../ledger-writer.ts";
import { insertRows, rowsOf } from "./insert-rows.ts";
import { type InsertStatements, insertStatements } from "./insert-statements.ts";
import { LedgerDictionaries } from "./ledger-dictionaries.ts";
import { ledgerError, ledgerFault, readFault } from "./ledger-error.ts";
import { formatLedgerJson } from "./ledger-json.ts";
import { closeDatabase, openToWrite } from "./open-database.ts";
import { readLeft } from "./read-left.ts";
import { type Registration, registerWriter } from "./register-writer.ts";
import { SavedTraces } from "./saved-traces.ts";
import { HEARTBEAT_MS } from "./writer-presence.ts";

/**
 * A run's file, to be written: folder and file are made, or gone on with. One at a time may write it. Whoever goes on recording an open run
 * saves the run first: it counts as abandoned once the process that saved it last is gone. What writers before have left stays: what this one
 * saves (losses, witnesses, traces) stands beside it.
 *
 * The file may be copied once it is closed; before that, `PATH-wal` belongs to it. Throws: E_LEDGER where it cannot be made or written, is no
 * ledger, is of a newer version, or has a writer.
 */
export function openLedgerFile(path: string): LedgerFile {
  const database = openToWrite(path);
  try {
    return new LedgerFile(path, database);
  } catch (error) {
    database.close();
    throw readFault(path, error);
  }
}

export class LedgerFile implements LedgerWriter {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #registration: Registration;
  readonly #insert: InsertStatements;
  readonly #dictionaries: LedgerDictionaries;
  /** By endpoint and by what it is the same as; not yet written. */
  readonly #votes = new Map<number, Map<number, number>>();
  readonly #traces: SavedTraces;
  /** Witnesses and losses that writers before this one have left. */
  readonly #firstSlot: number;
  readonly #lastLoss: number;
  #lastBeatMs: number;

  constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#registration = registerWriter(database, path);
    this.#lastBeatMs = this.#registration.openedUnixMs;
    this.#insert = insertStatements(database);
    this.#dictionaries = new LedgerDictionaries(database);
    const before = readLeft(database);
    this.#traces = new SavedTraces(before.traces);
    this.#firstSlot = before.nextSlot;
    this.#lastLoss = before.lastLoss;
  }

  saveRun(run: Run): void {
    this.#transaction(({ run: save }) => save.run(formatLedgerJson(run), this.#registration.id));
  }

  savePhases(source: RunPhase["source"], phases: readonly RunPhase[]): void {
    this.#transaction(({ dropPhases, phase }) => {
      dropPhases.run(source);
      for (const one of phases) phase.run(source, formatLedgerJson(one));
    });
  }

  addMark(mark: Mark): void {
    this.#transaction((insert) => insert.mark.run(formatLedgerJson(mark)));
  }

  /** Costs no writing: it is on disk with the first rows that name it. */
  endpoint(endpoint: Pick<LedgerEndpoint, "method" | "name" | "source">): number {
    return this.#dictionaries.endpoint(endpoint);
  }

  /** Costs no writing: counts are on disk with the next transaction. */
  vote(endpoint: number, as: number, count: number): void {
    for (const one of [endpoint, as]) this.#dictionaries.checkEndpoint(one, this.#path);
    const counts = this.#votes.get(endpoint) ?? new Map<number, number>();
    this.#votes.set(endpoint, counts.set(as, (counts.get(as) ?? 0) + count));
  }

  series(identity: GaugeIdentity): number {
    return this.#dictionaries.series(identity);
  }

  write(rows: LedgerRows): void {
    // Numbers for what is new are given before the dictionaries are written.
    const encoded = rowsOf(rows, this.#dictionaries, this.#path);
    this.#transaction((insert) => insertRows(insert, encoded));
  }

  /** Only what is new is written: a trace that was saved must not change afterwards. */
  saveTraces(traces: readonly SampledTrace[]): void {
    const committed = this.#transaction((insert) => this.#traces.replace(insert, traces));
    committed();
  }

  saveWitnesses(witnesses: readonly LedgerWitness[]): void {
    this.#transaction(({ witness, dropWitnesses }) => {
      for (const [index, one] of witnesses.entries()) witness.run(this.#firstSlot + index, formatLedgerJson(one));
      dropWitnesses.run(this.#firstSlot + witnesses.length);
    });
  }

  saveLosses(losses: readonly LedgerLoss[]): void {
    this.#transaction(({ dropLosses, loss }) => {
      for (const component of new Set(losses.map((one) => one.component))) dropLosses.run(component, this.#lastLoss);
      for (const one of losses) loss.run(one.component, formatLedgerJson(one));
    });
  }

  saveEndpointRules(rules: readonly EndpointRule[]): void {
    this.#transaction(({ endpointRules }) => endpointRules.run(JSON.stringify(rules)));
  }

  addFacts({ aggregates = [], thresholds = [], facts = [], notes = [] }: Parameters<LedgerWriter["addFacts"]>[0]): void {
    this.#transaction(({ fact }) => {
      for (const { witness, item } of aggregates) fact.run(item.kind, witness, formatLedgerJson(item));
      for (const item of [...thresholds, ...facts, ...notes]) fact.run(item.kind, "", formatLedgerJson(item));
    });
  }

  /** Says that the writer is there, where nothing else has for five seconds: for readers on other hosts. */
  heartbeat(): void {
    if (Date.now() - this.#lastBeatMs >= HEARTBEAT_MS) this.#transaction(() => {});
  }

  get sizeBytes(): number {
    const sizes = [this.#path, `${this.#path}-wal`].map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Never throws: what could not be written has been told by the call that wanted to write it. */
  [Symbol.dispose](): void {
    if (!this.#database.isOpen) return;
    try {
      this.#transaction(({ close }) => close.run(Date.now(), this.#registration.id));
    } catch {
      // The heartbeat then says how long it was there.
    }
    closeDatabase(this.#database);
  }

  #transaction<Result>(work: (insert: InsertStatements) => Result): Result {
    const insert = this.#insert;
    if (!this.#database.isOpen) throw ledgerFault(this.#path, "it was closed, and something was to be written to it", { hint: "Open it again." });
    try {
      this.#checkFile();
      insert.begin.run();
      this.#beat();
      this.#dictionaries.save(insert);
      for (const [endpoint, counts] of this.#votes) for (const [as, count] of counts) insert.vote.run(endpoint, as, count);
      const result = work(insert);
      insert.commit.run();
      this.#dictionaries.saved();
      this.#votes.clear();
      return result;
    } catch (error) {
      this.#rollBack();
      throw ledgerError(this.#path, error);
    }
  }

  #rollBack(): void {
    try {
      // SQLite itself rolls back where the disk is full.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    } catch {
      // The fault that led here is the one to tell.
    }
  }

  #beat(): void {
    const nowMs = Date.now();
    const { changes } = this.#insert.heartbeat.run(nowMs, this.#registration.id);
    if (Number(changes) === 0)
      throw ledgerFault(this.#path, "another process has taken it over", { hint: "Two collectors must not record one run." });
    this.#lastBeatMs = nowMs;
  }

  /** A deleted file would go on taking rows that nobody can read. */
  #checkFile(): void {
    if (existsSync(this.#path)) return;
    throw ledgerFault(this.#path, "it was deleted while it was written", {
      hint: "Nothing that is recorded of this run from now on is kept: end it and begin anew.",
    });
  }
}
