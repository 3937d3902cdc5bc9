import type { DatabaseSync } from "node:sqlite";
import type { LedgerCell, LedgerEndpoint } from "../../model/ledger.ts";
import type { GaugeIdentity } from "../ledger-writer.ts";
import type { InsertStatements } from "./insert-statements.ts";
import { ledgerFault } from "./ledger-error.ts";
import { NumberedWords } from "./numbered-words.ts";

type EndpointName = Pick<LedgerEndpoint, "method" | "name" | "source">;
type StreamKey = Pick<LedgerCell, "hop" | "source" | "witness" | "instance" | "endpoint" | "scenario" | "outcome" | "errorKind" | "status">;

/** What repeats in the rows of a ledger and is written once. Numbers are given in memory; `save` writes what is new, within the caller's transaction. */
export class LedgerDictionaries {
  readonly #words: NumberedWords<string>;
  readonly #endpoints: NumberedWords<EndpointName>;
  readonly #streams: NumberedWords<StreamKey>;
  readonly #series: NumberedWords<GaugeIdentity>;

  /** Goes on with those of the file. */
  constructor(database: DatabaseSync) {
    const rows = (sql: string) => database.prepare(sql).all() as unknown as readonly Record<string, string | number | null>[];
    this.#words = new NumberedWords(rows("SELECT word FROM words ORDER BY id").map((row) => row["word"] as string));
    this.#endpoints = new NumberedWords(rows("SELECT * FROM endpoints ORDER BY id").map((row) => endpointKey(row as unknown as EndpointName)));
    this.#streams = new NumberedWords(
      rows("SELECT * FROM streams ORDER BY id").map((row) =>
        streamKey({ ...row, errorKind: row["error_kind"] ?? undefined } as unknown as StreamKey),
      ),
    );
    this.#series = new NumberedWords(
      rows("SELECT * FROM series ORDER BY id").map((row) =>
        seriesKey({ ...row, attributes: JSON.parse(row["attributes"] as string) } as unknown as GaugeIdentity),
      ),
    );
  }

  readonly word = (word: string): number => this.#words.numberOf(word, word);

  endpoint(endpoint: EndpointName): number {
    return this.#endpoints.numberOf(endpointKey(endpoint), endpoint);
  }

  stream(cell: StreamKey): number {
    return this.#streams.numberOf(streamKey(cell), cell);
  }

  series(identity: GaugeIdentity): number {
    return this.#series.numberOf(seriesKey(identity), identity);
  }

  /** Throws: E_LEDGER for a number that was never given. */
  checkEndpoint(endpoint: number, path: string): void {
    if (!this.#endpoints.has(endpoint)) throw ledgerFault(path, `a row names endpoint ${endpoint}, which there is not`);
  }

  /** Throws: E_LEDGER for a number that was never given. */
  checkSeries(series: number, path: string): void {
    if (!this.#series.has(series)) throw ledgerFault(path, `a point names series ${series}, which there is not`);
  }

  /** Endpoints before the streams that name them. */
  save(insert: InsertStatements): void {
    for (const { number, entry } of this.#words.unsaved) insert.word.run(number, entry);
    for (const { number, entry } of this.#endpoints.unsaved) insert.endpoint.run(number, entry.method, entry.name, entry.source);
    for (const { number, entry: of } of this.#streams.unsaved) {
      const [errorKind, status] = [of.errorKind ?? null, of.status ?? null];
      insert.stream.run(number, of.hop, of.source, of.witness, of.instance, of.endpoint, of.scenario, of.outcome, errorKind, status);
    }
    for (const { number, entry: of } of this.#series.unsaved) {
      insert.series.run(number, of.name, of.unit, of.kind, of.hop ?? null, of.witness, of.instance, JSON.stringify(of.attributes));
    }
  }

  /** What `save` wrote is committed. */
  saved(): void {
    for (const one of [this.#words, this.#endpoints, this.#streams, this.#series]) one.saved();
  }
}

function endpointKey({ method, name, source }: EndpointName): string {
  return JSON.stringify([method, name, source]);
}

function streamKey(of: StreamKey): string {
  return JSON.stringify([of.hop, of.source, of.witness, of.instance, of.endpoint, of.scenario, of.outcome, of.errorKind, of.status]);
}

function seriesKey(of: GaugeIdentity): string {
  const attributes = Object.entries(of.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([of.name, of.unit, of.kind, of.hop, of.witness, of.instance, attributes]);
}
