import type { Batch } from "../model/batch.ts";
import { ACCEPTED, type Sink } from "./sink.ts";

/**
 * A sink that passes everything on and hears how each push ended, exactly once. `failed` answers with the error that goes upstream.
 * A push that was accepted at once stays synchronous; one that throws synchronously is heard like one that rejects.
 */
export function watch(next: Sink, taken: (batch: Batch) => void, failed: (batch: Batch, error: unknown) => Error): Sink {
  return {
    push(batch) {
      const pushed = startPush(next, batch);
      if (pushed === ACCEPTED) {
        taken(batch);
        return ACCEPTED;
      }
      return pushed.then(
        () => taken(batch),
        (error: unknown) => {
          throw failed(batch, error);
        },
      );
    },
  };
}

/** `push` where a synchronous throw becomes a rejection. */
export function startPush(sink: Sink, batch: Batch): Promise<void> {
  try {
    return sink.push(batch);
  } catch (error) {
    return Promise.reject(error);
  }
}
