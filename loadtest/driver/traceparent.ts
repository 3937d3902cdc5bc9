import { randomFillSync } from "node:crypto";

const bytes = Buffer.alloc(24);

/** A new W3C `traceparent` (version 00, sampled), one trace per request. Ids of zeros are invalid and do not come up in practice: 2^-64. */
export function newTraceparent(): string {
  randomFillSync(bytes);
  return `00-${bytes.toString("hex", 0, 16)}-${bytes.toString("hex", 16, 24)}-01`;
}
