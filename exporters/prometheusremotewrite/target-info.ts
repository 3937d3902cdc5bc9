import type { Labels } from "../../collector/series/families.ts";
import { sortedLabels } from "../../collector/series/labels.ts";
import type { WriteMetadata, WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import type { LaneBuffer } from "./lane-buffer.ts";
import { wireBytesOf, writeSeries } from "./write-series.ts";

/** While samples flow, how often `target_info` is said again: Prometheus looks back 5 min. */
const RENEW_MS = 60_000;

/** One job and instance. */
export interface TargetState {
  /** Undefined: nothing is known of it but its identity. */
  series: WriteSeries | undefined;
  /** Unix ms of the last sample. */
  lastMs: number;
  /** Series that belong to it. */
  users: number;
  readonly key: string;
}

/** `target_info` of every sender as a series of its own: a sample with its first point, one a minute after that, a stale marker at its end. */
export class TargetInfo {
  readonly #states = new Map<string, TargetState>();
  readonly #buffer: () => LaneBuffer;
  readonly #metadata: WriteMetadata;

  /**
   * All of them go through one lane. A namespace stands before the name, as where Prometheus itself translates OTLP
   * (prometheus: storage/remote/otlptranslator/prometheusremotewrite/helper.go addResourceTargetInfo).
   */
  constructor(buffer: () => LaneBuffer, namespace: string) {
    this.#buffer = buffer;
    const family = namespace === "" ? "target_info" : `${namespace}_target_info`;
    this.#metadata = { family, type: "gauge", help: "Target metadata", unit: "" };
  }

  /** The target that a series belongs to. */
  of(labels: Labels): TargetState {
    const value = (name: string) => labels.find(([one]) => one === name)?.[1] ?? "";
    const state = this.#state(JSON.stringify([value("job"), value("instance")]));
    state.users++;
    return state;
  }

  /** A series of the target is forgotten. */
  release(state: TargetState): void {
    state.users--;
    this.#forgetUnused(state);
  }

  /** See SeriesListener.target. */
  changed(
    before: ReadonlyMap<string, string> | undefined,
    labels: ReadonlyMap<string, string> | undefined,
    timeMs: number,
    nowMs: number,
    isStaleMarked: boolean,
  ): void {
    const known = labels ?? before;
    const state = this.#state(JSON.stringify([known?.get("job") ?? "", known?.get("instance") ?? ""]));
    if (isStaleMarked) this.#end(state, timeMs, nowMs);
    state.series = labels === undefined ? undefined : writeSeries(this.#metadata.family, sortedLabels(labels), this.#metadata);
    state.lastMs = Number.NEGATIVE_INFINITY;
    this.#forgetUnused(state);
  }

  /** A sample of the target was written. */
  touch(state: TargetState, timestampMs: number, nowMs: number): void {
    if (state.series === undefined || timestampMs - state.lastMs < RENEW_MS) return;
    state.lastMs = timestampMs;
    const buffer = this.#buffer();
    const columns = buffer.columns(timestampMs, nowMs);
    columns.addSample(state.series, timestampMs, 1, 0);
    columns.endUnit(false, wireBytesOf(state.series));
    buffer.ended(columns);
  }

  #end(state: TargetState, timeMs: number, nowMs: number): void {
    if (state.series === undefined || !Number.isFinite(state.lastMs)) return;
    const timestampMs = Math.max(timeMs, state.lastMs + 1);
    const buffer = this.#buffer();
    const columns = buffer.columns(timestampMs, nowMs);
    columns.addStale(state.series, timestampMs);
    columns.endUnit(false, wireBytesOf(state.series));
    buffer.ended(columns);
    state.lastMs = Number.NEGATIVE_INFINITY;
  }

  #state(key: string): TargetState {
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { series: undefined, lastMs: Number.NEGATIVE_INFINITY, users: 0, key };
      this.#states.set(key, state);
    }
    return state;
  }

  #forgetUnused(state: TargetState): void {
    if (state.users === 0 && state.series === undefined) this.#states.delete(state.key);
  }
}
