import type { Hop } from "../../model/catalog.ts";
import type { CountSource, LedgerCell } from "../../model/ledger.ts";
import { ERROR_KINDS, type ErrorKind, OUTCOMES, type Outcome } from "../../model/load-outcome.ts";
import type { StripCounter } from "./hop-strip.ts";
import type { LossTally } from "./loss-tally.ts";
import { type CellStream, OpenCell } from "./open-cell.ts";
import { OTHER } from "./recorder-limits.ts";

/** How a request ended, as a cell's key has it. */
export interface CellFate {
  readonly outcome: Outcome;
  readonly errorKind: ErrorKind | undefined;
  readonly status: number | undefined;
}

/** A witness's streams by instance and scenario; kept by whoever feeds them. */
export interface CellSource {
  readonly hop: Hop;
  readonly source: CountSource;
  readonly witness: string;
  /** What people who watch see of it. */
  readonly counter: StripCounter;
  /** Scenario → stream, by instance. */
  readonly streams: Map<string, Map<string, CellStream>>;
}

/** Streams have 14 bits in a cell's key. */
const MAX_STREAMS = 16_000;
const STREAM_FACTOR = 2 ** 38;
const ENDPOINT_FACTOR = 2 ** 18;
/** Above: a status that no protocol has. */
const MAX_STATUS = 1022;

const OUTCOME_INDEX = new Map<Outcome, number>(OUTCOMES.map((outcome, index) => [outcome, index]));
const KIND_INDEX = new Map<ErrorKind | undefined, number>([[undefined, 0], ...ERROR_KINDS.map((kind, index) => [kind, index + 1] as const)]);
const KINDS = ERROR_KINDS.length + 1;

export interface CellTableOptions {
  /** Open cells. */
  readonly limit: number;
  /** Different cells of all seconds together. */
  readonly keyLimit: number;
  readonly losses: LossTally;
  readonly makeRoom: () => void;
  readonly writeAll: () => void;
  readonly otherEndpoint: () => number;
}

/** Cells of all seconds that are not written yet. A request finds its cell by two numbers, so nothing is allocated for it. */
export class CellTable {
  /** Cells that are open. */
  size = 0;
  readonly #limit: number;
  readonly #losses: LossTally;
  readonly #keyLimit: number;
  /** Writes what is over; called when there is no room. */
  readonly #makeRoom: () => void;
  /** Writes all there is: costs nothing but rows. */
  readonly #writeAll: () => void;
  readonly #otherEndpoint: () => number;
  readonly #seconds = new Map<number, Map<number, OpenCell>>();
  /** All that the run has had: the ledger keeps an entry for each, as long as it is written. */
  readonly #keys = new Set<number>();
  #streams = 0;

  constructor(options: CellTableOptions) {
    this.#limit = options.limit;
    this.#keyLimit = options.keyLimit;
    this.#writeAll = options.writeAll;
    this.#losses = options.losses;
    this.#makeRoom = options.makeRoom;
    this.#otherEndpoint = options.otherEndpoint;
  }

  /** `count` requests are about to be added to the cell. */
  at(second: number, source: CellSource, instance: string, scenario: string, endpoint: number, fate: CellFate, count = 1): OpenCell {
    const stream = this.#stream(source, instance, scenario);
    const key = keyOf(stream, endpoint, fate);
    const known = this.#seconds.get(second)?.get(key);
    if (known !== undefined) return known;
    if (this.size >= this.#limit) this.#makeRoom();
    if (this.size < this.#limit && this.#isKept(key, this.#keyLimit)) return this.#open(second, stream, endpoint, fate);
    return this.#folded(second, source, scenario, endpoint, fate, count);
  }

  /** Closes the cells of all seconds before this one. */
  take(beforeSecond: number): readonly LedgerCell[] {
    const over = [...this.#seconds.keys()].filter((second) => second < beforeSecond).sort((a, b) => a - b);
    const cells: LedgerCell[] = [];
    for (const second of over) {
      const open = this.#seconds.get(second) as Map<number, OpenCell>;
      this.#seconds.delete(second);
      this.size -= open.size;
      for (const cell of open.values()) if (cell.count > 0 || cell.hasMeasures) cells.push(cell.closed());
    }
    return cells;
  }

  /**
   * First what tells instances apart goes, then scenarios: such cells may take half as much room again. After that the endpoint goes too, which
   * leaves a handful of cells a second.
   */
  #folded(second: number, source: CellSource, scenario: string, endpoint: number, fate: CellFate, count: number): OpenCell {
    this.#losses.detail("series", "detail of requests folded into (other): too many different cells", count);
    const cells = this.#seconds.get(second);
    for (const kept of [scenario, OTHER]) {
      const stream = this.#stream(source, OTHER, kept);
      const known = cells?.get(keyOf(stream, endpoint, fate));
      if (known !== undefined) return known;
    }
    const stream = this.#stream(source, OTHER, OTHER);
    if (this.size < this.#limit * 1.5 && this.#isKept(keyOf(stream, endpoint, fate), this.#keyLimit * 1.5)) {
      return this.#open(second, stream, endpoint, fate);
    }
    const last = { outcome: fate.outcome, errorKind: fate.errorKind, status: undefined };
    const other = this.#otherEndpoint();
    return cells?.get(keyOf(stream, other, last)) ?? this.#open(second, stream, other, last);
  }

  #isKept(key: number, limit: number): boolean {
    if (this.#keys.has(key)) return true;
    if (this.#keys.size >= limit) return false;
    this.#keys.add(key);
    return true;
  }

  #open(second: number, stream: CellStream, endpoint: number, fate: CellFate): OpenCell {
    // Folded cells of seconds without end.
    if (this.size >= this.#limit * 2) this.#writeAll();
    let cells = this.#seconds.get(second);
    if (cells === undefined) {
      cells = new Map();
      this.#seconds.set(second, cells);
    }
    const cell = new OpenCell(second, stream, endpoint, fate);
    cells.set(keyOf(stream, endpoint, fate), cell);
    this.size++;
    return cell;
  }

  #stream(source: CellSource, instance: string, scenario: string): CellStream {
    const known = source.streams.get(instance)?.get(scenario);
    if (known !== undefined) return known;
    if (this.#streams >= MAX_STREAMS && (instance !== OTHER || scenario !== OTHER)) {
      this.#losses.detail("series", "detail of requests folded into (other): too many instances and scenarios");
      return this.#stream(source, OTHER, OTHER);
    }
    let scenarios = source.streams.get(instance);
    if (scenarios === undefined) {
      scenarios = new Map();
      source.streams.set(instance, scenarios);
    }
    const { hop, source: counted, witness } = source;
    const stream: CellStream = { id: this.#streams++, hop, source: counted, witness, instance, scenario };
    scenarios.set(scenario, stream);
    return stream;
  }
}

/** 14 bits stream, 20 endpoint, 8 outcome and kind, 10 status: 52 of a double's 53. */
function keyOf(stream: CellStream, endpoint: number, { outcome, errorKind, status }: CellFate): number {
  const ending = (OUTCOME_INDEX.get(outcome) ?? 0) * KINDS + (KIND_INDEX.get(errorKind) ?? 0);
  return stream.id * STREAM_FACTOR + endpoint * ENDPOINT_FACTOR + ending * 1024 + (status === undefined ? 0 : status + 1);
}

/** A status as cells have it: undefined for what is none. */
export function cellStatus(status: number | undefined): number | undefined {
  return status !== undefined && Number.isInteger(status) && status >= 0 && status <= MAX_STATUS ? status : undefined;
}
