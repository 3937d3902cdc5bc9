import { Attributes } from "../../model/attributes.ts";
import type { Batch } from "../../model/batch.ts";
import type { Scope } from "../../model/resource.ts";
import { Reader } from "../protobuf.ts";

/** Under this scope stand the items that `witnessBatches` makes; whatever else is changed on their way, it stays. */
export const WITNESS_SCOPE: Scope = {
  name: "pitwall.witness",
  version: "1",
  attributes: Attributes.EMPTY,
  droppedAttributesCount: 0,
  schemaUrl: "",
};

/** For batches that hold items of witnesses and of others, as a batch processor puts them together. */
export function isWitnessScope(scope: Scope): boolean {
  return scope.name === WITNESS_SCOPE.name;
}

/** Whether any item of the batch is a witness's. Of received bytes only the envelopes are looked at. */
export function holdsWitness(batch: Batch): boolean {
  // A size of 0: made from items and not encoded yet. To ask for its bytes would encode it.
  if (batch.sizeBytes === 0) return batch.items.some(({ scope }) => isWitnessScope(scope));
  return batch.encoded.some(pieceHoldsWitness);
}

/** Fields as in otlp-envelope.ts. */
function pieceHoldsWitness(piece: Uint8Array): boolean {
  const reader = new Reader(piece);
  return anyMessage(
    reader,
    (tag) => tag === 10,
    () =>
      anyMessage(
        reader,
        (tag) => tag === 18 || tag === 8002,
        () => scopeIsWitness(reader),
      ),
  );
}

/** Whether `isIt` holds for a message under a wanted tag, up to the reader's end; stops at the first. */
function anyMessage(reader: Reader, isWanted: (tag: number) => boolean, isIt: () => boolean): boolean {
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (!isWanted(tag)) {
      reader.skip(tag & 7);
      continue;
    }
    const outer = reader.open();
    if (isIt()) return true;
    reader.close(outer);
  }
  return false;
}

function scopeIsWitness(reader: Reader): boolean {
  return anyMessage(
    reader,
    (tag) => tag === 10,
    () => nameIsWitness(reader),
  );
}

function nameIsWitness(reader: Reader): boolean {
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) return reader.string() === WITNESS_SCOPE.name;
    reader.skip(tag & 7);
  }
  return false;
}
