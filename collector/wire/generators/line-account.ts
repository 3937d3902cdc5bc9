/** Why a line was not read; counted, and shown in the loss ledger. */
export type RejectReason =
  | "line_too_long"
  | "bad_json"
  | "bad_xml"
  | "bad_columns"
  | "bad_number"
  | "bad_time"
  | "bad_line"
  | "missing_field"
  | "no_header"
  | "unknown_shape"
  | "open_quote"
  | "document_too_large"
  | "foreign";

export interface Rejections {
  readonly count: number;
  /** From 1; of the first line rejected for this reason. */
  readonly firstLine: number;
}

/** Where the lines of a file went. Always: lines = accepted + skipped + rejected + pending. */
export class LineAccount {
  lines = 0;
  /** Became records, whole or in part. */
  accepted = 0;
  /** Blank lines, headings and declarations: nothing is lost with them. */
  skipped = 0;
  readonly reasons: Map<RejectReason, Rejections> = new Map();

  get rejected(): number {
    let sum = 0;
    for (const { count } of this.reasons.values()) sum += count;
    return sum;
  }

  /** Lines whose fate is not known yet, for they are parts of something longer. 0 after the end. */
  get pending(): number {
    return this.lines - this.accepted - this.skipped - this.rejected;
  }

  reject(reason: RejectReason, lineNumber = this.lines, count = 1): void {
    const before = this.reasons.get(reason);
    this.reasons.set(reason, { count: (before?.count ?? 0) + count, firstLine: Math.min(before?.firstLine ?? lineNumber, lineNumber) });
  }
}
