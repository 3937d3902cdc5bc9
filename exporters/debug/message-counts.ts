import type { Batch } from "../../collector/model/batch.ts";
import { readLength, readTag, skipUnknown, VARINT } from "../../collector/wire/scan-cursor.ts";
import { countResources } from "./groups.ts";

/** What the summary line tells beside the batch's own count. */
export interface MessageCounts {
  readonly resources: number;
  /** Spans, metrics or log records: messages, so metrics and not their points. */
  readonly messages: number;
}

// Fields by tag (number × 8 + wire type 2): request → 1 resource_…; resource_… → 2 scope_…, 1000 its deprecated twin; scope_… → 2 items.
const RESOURCES = 0x0a;
const SCOPES = 0x12;
const DEPRECATED_SCOPES = 1000 * 8 + 2;
const ITEMS = 0x12;

/**
 * Counts without decoding where the batch holds its bytes (`verbosity: basic` never asks for items): only the three outer levels are walked.
 * Unlike items, bytes also tell of resources that came without any.
 */
export function messageCounts(batch: Batch): MessageCounts {
  if (batch.sizeBytes === 0) return { resources: countResources(batch.items), messages: batch.items.length };
  let resources = 0;
  let messages = 0;
  for (const piece of batch.encoded) {
    eachField(piece, 0, piece.length, (tag, resourceStart, resourceEnd) => {
      if (tag !== RESOURCES) return;
      resources++;
      eachField(piece, resourceStart, resourceEnd, (scopeTag, scopeStart, scopeEnd) => {
        if (scopeTag !== SCOPES && scopeTag !== DEPRECATED_SCOPES) return;
        eachField(piece, scopeStart, scopeEnd, (itemTag) => {
          if (itemTag === ITEMS) messages++;
        });
      });
    });
  }
  return { resources, messages };
}

/** Visits the length-delimited fields of one message. */
function eachField(bytes: Uint8Array, from: number, end: number, visit: (tag: number, start: number, end: number) => void): void {
  let position = from;
  while (position < end) {
    position = readTag(bytes, position, end);
    const tag = VARINT[0] as number;
    if (tag % 8 === 2) {
      const start = readLength(bytes, position, end);
      position = start + (VARINT[0] as number);
      visit(tag, start, position);
    } else position = skipUnknown(bytes, position, end, tag, "debug");
  }
}
