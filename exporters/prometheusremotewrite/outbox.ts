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
  /** Behind what is on disk, and kept here because the disk takes nothing. */
  readonly later: MemoryQueue;
}

/** 10 s: how long a disk that took nothing (it is full, or gone) is left alone. */
const DISK_REST_MS = 10_000;

/**
 * Everything that has been taken and not been delivered yet. A lane's requests stand in its buffer, then in its queue in memory; while the
 * receiver is away they go to disk, and the lane goes on in memory only when the disk is empty again.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #ways: readonly Way[];
  readonly #diskLane: Lane | undefined;
  readonly #closing = new AbortController();
  /** Monotonic ms until which the disk is left alone. */
  #diskRestsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    setMaxListeners(0, this.#closing.signal, parts.outOfTime);
    const { disk } = parts;
    this.#ways = Array.from({ length: parts.lanes }, (_, index) => this.#openWay(index, disk !== undefined && disk.length > 0));
    if (disk !== undefined)
      this.#diskLane = new Lane({
        ...this.#laneParts(
          disk,
          () => false,
          () => this.#diskEmptied(),
        ),
        isHeld: () => this.#isDiskHeld,
      });
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
    return this.#ways.reduce((sum, { queue, buffer, later }) => sum + queue.sizeBytes + buffer.sizeBytes + later.sizeBytes, 0);
  }

  get diskBytes(): number {
    return this.#parts.disk?.sizeBytes ?? 0;
  }

  /** Nothing more can be taken. */
  get isFull(): boolean {
    const { disk, maxMemoryBytes, maxDiskBytes } = this.#parts;
    if (disk !== undefined && disk.sizeBytes >= maxDiskBytes) return true;
    return (disk === undefined || this.#isDiskResting) && this.memoryBytes >= maxMemoryBytes;
  }

  /** Age of the oldest request that waits, ms. */
  get ageMs(): number {
    const { disk, pace } = this.#parts;
    const births = [disk?.oldestMs, ...this.#ways.flatMap(({ queue, later }) => [queue.first()?.bornMs, later.first()?.bornMs])];
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
      const isStuck = disk === undefined || way.isSpilled;
      for (const request of way.queue.takeFrom(0)) {
        // Behind its own newer requests it would come too late in the next run.
        if (isStuck || !this.#toDisk(disk, request)) settling.dropped(request, "shutdown", "not delivered before the end");
      }
      for (const request of way.later.takeFrom(0)) {
        if (disk === undefined || !this.#toDisk(disk, request)) settling.dropped(request, "shutdown", "not delivered before the end");
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
    return { queue, lane, buffer, isSpilled, later: new MemoryQueue() };
  }

  #laneParts(queue: LaneParts["queue"], away: LaneParts["away"], emptied: () => void): LaneParts {
    return { ...this.#parts, queue, closing: this.#closing.signal, away, emptied };
  }

  #sealed(index: number, columns: WriteColumns): void {
    const way = this.#ways[index] as Way;
    const { disk, maxMemoryBytes, pace } = this.#parts;
    const request = new WriteRequest(columns, pace.nowMs());
    if (way.isSpilled && disk !== undefined) {
      way.later.push(request);
      this.#spillLater(disk, way);
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
    // What is older than its lane's requests on disk stays here until it is settled.
    if (disk === undefined || way.isSpilled || awayMs < spillAfterMs || this.#closing.signal.aborted || this.#isDiskResting) return false;
    this.#parts.log.warn({ awayForMs: Math.round(awayMs) }, "the receiver is away: what waits goes to disk");
    return this.#spill(way, 0);
  }

  /** Moves the lane's requests from this one on to disk, as far as it takes them. False: it takes none, and they are where they were. */
  #spill(way: Way, from: number): boolean {
    const { disk } = this.#parts;
    if (disk === undefined || this.#isDiskResting) return false;
    const requests = way.queue.takeFrom(from);
    const taken = requests.findIndex((request) => !this.#toDisk(disk, request));
    if (taken === 0) {
      for (const request of requests) way.queue.push(request);
      return false;
    }
    way.isSpilled ||= requests.length > 0;
    if (taken > 0) for (const request of requests.slice(taken)) way.later.push(request);
    return true;
  }

  /** In order: what the disk would not take before goes before what is newer. */
  #spillLater(disk: DiskQueue, { later }: Way): void {
    for (let request = later.first(); request !== undefined && !this.#isDiskResting; request = later.first()) {
      if (this.#toDisk(disk, request)) later.shift();
    }
  }

  /** False: the disk does not take it. */
  #toDisk(disk: DiskQueue, request: WriteRequest): boolean {
    try {
      this.#parts.endpoint.encode(request);
      disk.push(request);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!this.#isDiskResting) this.#parts.log.error({}, `the queue directory takes nothing, what waits stays in memory: ${why}`);
      this.#diskRestsUntilMs = this.#parts.pace.nowMs() + DISK_REST_MS;
      return false;
    }
  }

  get #isDiskResting(): boolean {
    return this.#parts.pace.nowMs() < this.#diskRestsUntilMs;
  }

  /** What is on disk goes out when nothing older of the lanes concerned is left in memory. */
  get #isDiskHeld(): boolean {
    return this.#ways.some(({ isSpilled, queue }) => isSpilled && queue.length > 0);
  }

  #wakeDisk(): void {
    this.#diskLane?.wake();
  }

  #diskEmptied(): void {
    for (const way of this.#ways) {
      way.isSpilled = false;
      for (const request of way.later.takeFrom(0)) way.queue.push(request);
      way.lane.wake();
    }
  }
}
