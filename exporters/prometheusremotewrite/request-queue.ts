import type { WriteRequest } from "./write-request.ts";

/** Where a lane takes its requests from, in order. */
export interface RequestQueue {
  /** The one whose turn it is; the same object until it is done. */
  first(): WriteRequest | undefined;
  /** The one after it, where that is known. */
  second(): WriteRequest | undefined;
  /** The first is settled. */
  shift(): void;
  /** The second is settled before the first. */
  dropSecond(): void;
  /** The first goes on as these parts. */
  replaceFirst(parts: readonly WriteRequest[]): void;
}

export class MemoryQueue implements RequestQueue {
  #requests: WriteRequest[] = [];
  #sizeBytes = 0;

  get length(): number {
    return this.#requests.length;
  }
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  push(request: WriteRequest): void {
    this.#requests.push(request);
    this.#sizeBytes += request.sizeBytes;
  }
  first(): WriteRequest | undefined {
    return this.#requests[0];
  }
  second(): WriteRequest | undefined {
    return this.#requests[1];
  }
  shift(): void {
    this.#sizeBytes -= this.#requests.shift()?.sizeBytes ?? 0;
  }
  dropSecond(): void {
    this.#sizeBytes -= this.#requests.splice(1, 1)[0]?.sizeBytes ?? 0;
  }
  replaceFirst(parts: readonly WriteRequest[]): void {
    this.shift();
    this.#requests.unshift(...parts);
    for (const part of parts) this.#sizeBytes += part.sizeBytes;
  }
  /** Takes away all from this one on. */
  takeFrom(index: number): readonly WriteRequest[] {
    const taken = this.#requests.splice(index);
    for (const request of taken) this.#sizeBytes -= request.sizeBytes;
    return taken;
  }
}
