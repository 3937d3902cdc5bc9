import type { HashKey } from "../wire/byte-ranges.ts";
import type { Conflict } from "./families.ts";
import type { OnLabelCollision } from "./labels.ts";
import type { SeriesListener } from "./series-listener.ts";
import type { OnNaming } from "./translation-table.ts";

export interface StoreLimits {
  /** OTLP series (a histogram is one); new ones beyond it are refused, living ones are never evicted. */
  readonly maxSeries: number;
  /** A series without a point for so long is forgotten. */
  readonly expirationMs: number;
  /** And for so many of its own export intervals, where that is longer. Default 3. */
  readonly expirationIntervals?: number;
}

/** Something about a sender that its user should know; told once each. */
export interface Notice {
  /**
   * - interleaved: two producers send under one job and instance. `instances` are the names that they have from now on; empty where nothing tells
   *   them apart, and then only one of them is shown.
   * - overlap: windows of deltas overlap, as two writers of one series cause it; the later ones are left out.
   * - delta_gauge: deltas of a sum that can fall are added up to a gauge, which begins at 0 here.
   * - overflow: the SDK's own limit of series was hit, so that data is missing.
   */
  readonly what: "interleaved" | "overlap" | "delta_gauge" | "overflow";
  /** OTLP name; "" where it concerns all metrics of a sender. */
  readonly metric: string;
  readonly job: string;
  readonly instance: string;
  readonly instances: readonly string[];
}

export interface StoreOptions {
  readonly keepExemplars: boolean;
  readonly hashKey: HashKey;
  /** With one, points are admitted as a server takes them: per series in rising ms. Without, the newest is shown. */
  readonly listener?: SeriesListener;
  /** See `AdmissionOptions`. */
  readonly spreadCollisions?: boolean;
  readonly maxAheadMs?: number;
  /** Told once of each metric that does not agree with the one that has its Prometheus name already. */
  readonly onConflict?: (metric: string, name: string, conflict: Conflict) => void;
  readonly onNotice?: (notice: Notice) => void;
  /** Hears of each series at first sight, and of each metric that is not shown: see translation-table.ts. */
  readonly onNaming?: OnNaming;
  readonly onLabelCollision?: OnLabelCollision;
}
