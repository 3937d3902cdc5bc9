import type { Batch } from "../../model/batch.ts";
import type { LoadItem } from "../../model/load-record.ts";
import { msFromUnixNano, type UnixNano } from "../../model/time.ts";
import { newestTime } from "../replay/pacer.ts";

/** From when to when, Unix ms; undefined where nothing has a time. */
export interface ImportWindow {
  readonly startUnixMs: number | undefined;
  readonly endUnixMs: number | undefined;
  /** How long it lasted, of generators that tell no more than that. */
  readonly durationMs: number;
}

/** When the load of imported files was: that of their requests, or where there are none with a time, of whatever else is in them. */
export class ToldWindow {
  readonly #requests = new Span();
  readonly #others = new Span();
  #durationMs = 0;

  item(item: LoadItem): void {
    switch (item.kind) {
      case "request":
      case "aggregate":
        this.#requests.add(item.startUnixNano ?? item.endUnixNano);
        this.#requests.add(item.endUnixNano ?? item.startUnixNano);
        if (item.kind === "aggregate") this.#durationMs = Math.max(this.#durationMs, (item.durationSeconds ?? 0) * 1000);
        break;
      case "sample":
        this.#others.add(item.timeUnixNano);
        break;
      default:
    }
  }

  batch(batch: Batch): void {
    const newest = newestTime(batch);
    if (newest === 0n) return;
    if (batch.signal !== "traces") {
      this.#others.add(newest);
      return;
    }
    this.#requests.add(newest);
    for (const { startUnixNano } of batch.items) if (startUnixNano > 0n) this.#requests.add(startUnixNano);
  }

  get window(): ImportWindow {
    const told = this.#requests.window.startUnixMs === undefined ? this.#others.window : this.#requests.window;
    return { ...told, durationMs: this.#durationMs };
  }
}

class Span {
  window: Omit<ImportWindow, "durationMs"> = { startUnixMs: undefined, endUnixMs: undefined };

  add(time: UnixNano | undefined): void {
    if (time === undefined) return;
    const unixMs = msFromUnixNano(time);
    const { startUnixMs = unixMs, endUnixMs = unixMs } = this.window;
    if (unixMs <= startUnixMs || unixMs >= endUnixMs)
      this.window = { startUnixMs: Math.min(startUnixMs, unixMs), endUnixMs: Math.max(endUnixMs, unixMs) };
  }
}
