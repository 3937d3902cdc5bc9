import type { Batch } from "../../model/batch.ts";
import type { UnixNano } from "../../model/time.ts";
import { msFromUnixNano } from "../../model/time.ts";
import type { Pace } from "../../pipeline/backoff.ts";

/** Keeps the distances between batches as they were recorded, divided by `speed`. */
export class Pacer {
  readonly #speed: number;
  readonly #pace: Pace;
  #recordedStartMs: number | undefined;
  #startMs = 0;

  constructor(speed: number, pace: Pace) {
    this.#speed = speed;
    this.#pace = pace;
  }

  /** Resolves when this batch is due; at once where the recording does not say when it was sent. */
  async wait(batch: Batch): Promise<void> {
    if (!Number.isFinite(this.#speed)) return;
    const recorded = newestTime(batch);
    if (recorded === 0n) return;
    const recordedMs = msFromUnixNano(recorded);
    if (this.#recordedStartMs === undefined) {
      this.#recordedStartMs = recordedMs;
      this.#startMs = this.#pace.nowMs();
      return;
    }
    const dueMs = this.#startMs + (recordedMs - this.#recordedStartMs) / this.#speed;
    const waitMs = dueMs - this.#pace.nowMs();
    if (waitMs > 0) await this.#pace.sleep(waitMs, NEVER);
  }
}

const NEVER = new AbortController().signal;

/** The last thing that happened in a batch: the closest to when it was sent that a recording holds. 0 where nothing has a time. */
export function newestTime(batch: Batch): UnixNano {
  let newest = 0n;
  const see = (time: UnixNano): void => {
    if (time > newest) newest = time;
  };
  switch (batch.signal) {
    case "traces":
      for (const span of batch.items) see(span.endUnixNano);
      break;
    case "metrics":
      for (const { data } of batch.items) for (const point of data.points) see(point.timeUnixNano);
      break;
    case "logs":
      for (const { observedUnixNano, timeUnixNano } of batch.items) see(observedUnixNano > 0n ? observedUnixNano : timeUnixNano);
      break;
  }
  return newest;
}
