import { setTimeout as sleep } from "node:timers/promises";
import { type Attributes, type Counter, type Histogram, type Meter, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { METRICS } from "../../collector/model/catalog.ts";
import { catalogCounter, catalogHistogram } from "../instrument/catalog-instrument.ts";
import { LAST_DAY, mulberry32, type Tables, type WorkProfile } from "./works-data.ts";

export interface WorkSummary extends WorkProfile {
  readonly recent_play_count_7d: number;
}

export interface StoreOptions {
  /** Simulated time of a scan of the puzzle table with its statistics; reads of one row take a quarter of it. Varies by ±30 %, from a seed. */
  readonly latencyMs: number;
}

/** Values of the attribute `read`. */
type Read = "list_puzzle_gallery" | "get_puzzle_work" | "list_custom_world_gallery" | "get_custom_world_work" | "list_owner_works";

/**
 * The database behind the sample server: tables in memory, read by full scans as the real module does it, with a simulated latency.
 * Every read is a CLIENT span and is counted and timed in `genarrative.spacetime.read.*`.
 */
export class Store {
  readonly #tables: Tables;
  readonly #tracer: Tracer;
  readonly #calls: Counter;
  readonly #duration: Histogram;
  readonly #latencyMs: number;
  readonly #random = mulberry32(11);
  readonly #extraPlays = new Map<string, number>();
  readonly #subscribers = new Set<() => void>();
  #reads = 0;

  constructor(tables: Tables, telemetry: { readonly meter: Meter; readonly tracer: Tracer }, options: StoreOptions) {
    this.#tables = tables;
    this.#tracer = telemetry.tracer;
    this.#calls = catalogCounter(telemetry.meter, METRICS.spacetimeReadCalls);
    this.#duration = catalogHistogram(telemetry.meter, METRICS.spacetimeReadDurationMs);
    this.#latencyMs = options.latencyMs;
  }

  /** Reads so far: what spans and metrics are compared with. */
  get reads(): number {
    return this.#reads;
  }

  /** Called after every change of the puzzle tables; the returned function ends it. */
  subscribe(changed: () => void): () => void {
    this.#subscribers.add(changed);
    return () => this.#subscribers.delete(changed);
  }

  /** A player finished a public puzzle. */
  recordPlay(profileId: string): void {
    this.#extraPlays.set(profileId, (this.#extraPlays.get(profileId) ?? 0) + 1);
    for (const changed of this.#subscribers) changed();
  }

  listPuzzleGallery(): Promise<readonly WorkSummary[]> {
    return this.#read("list_puzzle_gallery", "puzzle_work_profile", 1, ({ puzzle_work_profile: rows }) =>
      rows.filter(isPublished).map((row) => this.#summary(row, "puzzle")),
    );
  }

  getPuzzleWork(isWanted: (row: WorkProfile) => boolean): Promise<WorkSummary | undefined> {
    return this.#read("get_puzzle_work", "puzzle_work_profile", 0.25, ({ puzzle_work_profile: rows }) => this.#first(rows, "puzzle", isWanted));
  }

  listCustomWorldGallery(): Promise<readonly WorkSummary[]> {
    return this.#read("list_custom_world_gallery", "custom_world_profile", 0.1, ({ custom_world_profile: rows }) =>
      rows.filter(isPublished).map((row) => this.#summary(row, "custom_world")),
    );
  }

  getCustomWorldWork(isWanted: (row: WorkProfile) => boolean): Promise<WorkSummary | undefined> {
    return this.#read("get_custom_world_work", "custom_world_profile", 0.1, ({ custom_world_profile: rows }) =>
      this.#first(rows, "custom_world", isWanted),
    );
  }

  /** All works of one owner, drafts too. */
  listOwnerWorks(kind: "puzzle" | "custom_world", ownerUserId: string): Promise<readonly WorkSummary[]> {
    const table = kind === "puzzle" ? "puzzle_work_profile" : "custom_world_profile";
    return this.#read("list_owner_works", table, 0.5, (tables) =>
      tables[table].filter((row) => row.owner_user_id === ownerUserId).map((row) => this.#summary(row, kind)),
    );
  }

  async #read<Result>(read: Read, table: keyof Tables, cost: number, scan: (tables: Tables) => Result): Promise<Result> {
    const attributes: Attributes = {
      "db.system": "spacetimedb",
      "db.system.name": "spacetimedb",
      "db.operation.name": read,
      "db.collection.name": table,
    };
    const span = this.#tracer.startSpan(`${read} ${table}`, { kind: SpanKind.CLIENT, attributes });
    const beganMs = performance.now();
    this.#reads++;
    this.#calls.add(1, { read });
    try {
      const waitMs = this.#latencyMs * cost * (0.7 + 0.6 * this.#random());
      if (waitMs > 0) await sleep(waitMs);
      return scan(this.#tables);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      this.#duration.record(performance.now() - beganMs, { read });
      span.end();
    }
  }

  #first(rows: readonly WorkProfile[], kind: "puzzle" | "custom_world", isWanted: (row: WorkProfile) => boolean): WorkSummary | undefined {
    const row = rows.find((candidate) => isPublished(candidate) && isWanted(candidate));
    return row === undefined ? undefined : this.#summary(row, kind);
  }

  /** Sums a scan of the whole statistics table for each work: the cost that the real module pays too. */
  #summary(row: WorkProfile, kind: "puzzle" | "custom_world"): WorkSummary {
    let recent = this.#extraPlays.get(row.profile_id) ?? 0;
    for (const plays of this.#tables.public_work_play_daily_stat) {
      if (plays.source_type === kind && plays.profile_id === row.profile_id && plays.played_day > LAST_DAY - 7) recent += plays.count;
    }
    return { ...row, recent_play_count_7d: recent };
  }
}

function isPublished(row: WorkProfile): boolean {
  return row.publication_status === "published";
}
