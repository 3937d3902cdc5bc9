import { setMaxListeners } from "node:events";
import type { BackoffSettings, Pace } from "../../collector/pipeline/backoff.ts";
import type { Log } from "../../collector/pipeline/define.ts";
import type { DiskQueue } from "./disk-queue.ts";
import type { Endpoint } from "./endpoint.ts";
import { Lane, type LaneParts } from "./lane.ts";
import { LaneBuffer, type LaneLimits } from "./lane-buffer.ts";
import { MemoryQueue } from "./request-queue.ts";
import type { Settling } from "./settling.ts";
import type { WriteColumns } from "./write-columns.ts";
import { WriteRequest } from "./write-request.ts";

export interface OutboxParts {
  readonly lanes: number;
  readonly limits: LaneLimits;
  /** Bound of what waits in memory. */
  readonly maxMemoryBytes: number;
  /** Bound of what waits on disk. */
  readonly maxDiskBytes: number;
  readonly disk: DiskQueue | undefined;
  /** The receiver has been away for so long: what waits goes to disk. */
  readonly spillAfterMs: number;
  readonly endpoint: Endpoint;
  readonly settling: Settling;
  readonly pace: Pace;
  readonly random: () => number;
  readonly log: Log;
  readonly backoff: BackoffSettings;
  readonly maxAgeMs: number;
  readonly isRetrying: boolean;
  readonly outOfTime: AbortSignal;
}

interface Way {
  readonly buffer: LaneBuffer;
  readonly queue: MemoryQueue;
  readonly lane: Lane;
  /** What is sealed now has to stand behind what is on disk. */
  isSpilled: boolean;
}

/**
 * Everything that has been taken and not been delivered yet. A lane's requests stand in its buffer, then in its queue in memory; while the
 * receiver is away they go to disk, and the lane goes on in memory only when the disk is empty again.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #ways: readonly Way[];
  readonly #diskLane: Lane | undefined;
  readonly #closing = new AbortController();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    setMaxListeners(0, this.#closing.signal, parts.outOfTime);
    const { disk } = parts;
    this.#ways = Array.from({ length: parts.lanes }, (_, index) => this.#openWay(index, disk !== undefined && disk.length > 0));
    if (disk !== undefined)
      this.#diskLane = new Lane(
        this.#laneParts(
          disk,
          () => false,
          () => this.#diskEmptied(),
        ),
      );
  }

  /** Sends what a process before has left on disk. */
  begin(): void {
    this.#diskLane?.wake();
  }

  /** Where the series of this hash is written to. */
  buffer(hash: number): LaneBuffer {
    return (this.#ways[hash % this.#ways.length] as Way).buffer;
  }

  get memoryBytes(): number {
    return this.#ways.reduce((sum, { queue, buffer }) => sum + queue.sizeBytes + buffer.sizeBytes, 0);
  }

  get diskBytes(): number {
    return this.#parts.disk?.sizeBytes ?? 0;
  }

  /** Nothing more can be taken. */
  get isFull(): boolean {
    const { disk, maxMemoryBytes, maxDiskBytes } = this.#parts;
    if (disk !== undefined && disk.sizeBytes >= maxDiskBytes) return true;
    return disk === undefined && this.memoryBytes >= maxMemoryBytes;
  }

  /** Age of the oldest request that waits, ms. */
  get ageMs(): number {
    const { disk, pace } = this.#parts;
    const births = [disk?.oldestMs, ...this.#ways.map(({ queue }) => queue.first()?.bornMs)];
    return pace.nowMs() - Math.min(pace.nowMs(), ...births.filter((bornMs) => bornMs !== undefined));
  }

  /** Makes requests of all that has been written so far. */
  flush(): void {
    for (const { buffer } of this.#ways) buffer.seal();
  }

  /** Delivers what it can before the end; the rest stays on disk, or is lost as `shutdown`. */
  async close(): Promise<void> {
    this.flush();
    this.#closing.abort();
    for (;;) {
      const lanes = [...this.#ways.map(({ lane }) => lane), ...(this.#diskLane === undefined ? [] : [this.#diskLane])].filter((lane) => lane.isBusy);
      if (lanes.length === 0) break;
      await Promise.all(lanes.map((lane) => lane.idle()));
    }
    const { settling, disk } = this.#parts;
    for (const way of this.#ways) {
      for (const request of way.queue.takeFrom(0)) {
        // Behind its own newer requests it would come too late in the next run.
        if (disk === undefined || way.isSpilled) settling.dropped(request, "shutdown", "not delivered before the end");
        else this.#toDisk(disk, request);
      }
    }
    if (disk !== undefined && disk.points > 0) settling.leftOnDisk(disk.points);
    disk?.[Symbol.dispose]();
  }

  #openWay(index: number, isSpilled: boolean): Way {
    const queue = new MemoryQueue();
    const lane = new Lane(
      this.#laneParts(
        queue,
        (awayMs) => this.#away(index, awayMs),
        () => this.#wakeDisk(),
      ),
    );
    const buffer = new LaneBuffer(this.#parts.limits, (columns) => this.#sealed(index, columns));
    return { queue, lane, buffer, isSpilled };
  }

  #laneParts(queue: LaneParts["queue"], away: LaneParts["away"], emptied: () => void): LaneParts {
    return { ...this.#parts, queue, closing: this.#closing.signal, away, emptied };
  }

  #sealed(index: number, columns: WriteColumns): void {
    const way = this.#ways[index] as Way;
    const { disk, maxMemoryBytes, pace } = this.#parts;
    const request = new WriteRequest(columns, pace.nowMs());
    if (way.isSpilled && disk !== undefined) {
      this.#toDisk(disk, request);
      this.#wakeDisk();
      return;
    }
    way.queue.push(request);
    way.lane.wake();
    if (disk !== undefined && this.memoryBytes > maxMemoryBytes) this.#spill(way, 1);
  }

  #away(index: number, awayMs: number): boolean {
    const way = this.#ways[index] as Way;
    const { disk, spillAfterMs } = this.#parts;
    if (disk === undefined || awayMs < spillAfterMs || this.#closing.signal.aborted) return false;
    this.#parts.log.warn({ awayForMs: Math.round(awayMs) }, "the receiver is away: what waits goes to disk");
    return this.#spill(way, 0);
  }

  /** Moves the lane's requests from this one on to disk. */
  #spill(way: Way, from: number): boolean {
    const { disk } = this.#parts;
    if (disk === undefined) return false;
    way.isSpilled = true;
    for (const request of way.queue.takeFrom(from)) this.#toDisk(disk, request);
    return true;
  }

  #toDisk(disk: DiskQueue, request: WriteRequest): void {
    try {
      this.#parts.endpoint.encode(request);
      disk.push(request);
    } catch (error) {
      this.#parts.settling.dropped(request, "disk_failed", error instanceof Error ? error.message : String(error));
    }
  }

  /** What is on disk goes out when nothing older of the lanes concerned is left in memory. */
  #wakeDisk(): void {
    if (this.#ways.every(({ isSpilled, queue }) => !isSpilled || queue.length === 0)) this.#diskLane?.wake();
  }

  #diskEmptied(): void {
    for (const way of this.#ways) way.isSpilled = false;
  }
}
