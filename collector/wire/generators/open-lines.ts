import { LineAccount, type RejectReason } from "./line-account.ts";
import type { LineReader } from "./reader.ts";

/** What became of a line. `held`: it is part of something longer and will be accounted for with the rest of it. */
export type LineFate = "accepted" | "skipped" | "held" | RejectReason;

/** A reader for formats in which a line stands for itself. Blank lines are skipped before `read` sees them. */
export function openLines(read: (line: string, account: LineAccount) => LineFate, end: (account: LineAccount) => void = () => {}): LineReader {
  const account = new LineAccount();
  return {
    account,
    push(line) {
      account.lines += 1;
      const fate = isBlank(line) ? "skipped" : read(line, account);
      if (fate === "accepted") account.accepted += 1;
      else if (fate === "skipped") account.skipped += 1;
      else if (fate !== "held") account.reject(fate);
    },
    end: () => end(account),
  };
}

export function isBlank(line: string): boolean {
  return line.length < 200 && line.trim() === "";
}

/** k6's web of submetrics or Artillery's per-endpoint counters of a long run stay below 10 MB. */
export const MAX_DOCUMENT_CHARACTERS = 64 * 1024 * 1024;

/** What a program prints for people is a few KB. */
export const MAX_REPORT_CHARACTERS = 1024 * 1024;

/**
 * A reader for formats that mean something only as a whole: gathers the file, up to a limit, and reads it at the end. All its lines are
 * accepted or rejected together.
 */
export function openDocument(read: (text: string) => "accepted" | RejectReason, maxCharacters = MAX_DOCUMENT_CHARACTERS): LineReader {
  const account = new LineAccount();
  let lines: string[] = [];
  let characters = 0;
  return {
    account,
    push(line) {
      account.lines += 1;
      characters += line.length + 1;
      if (characters > maxCharacters) lines = [];
      else lines.push(line);
    },
    end() {
      const open = account.pending;
      if (open === 0) return;
      const text = lines.join("\n");
      lines = [];
      if (text.trim() === "" && characters <= maxCharacters) account.skipped += open;
      else {
        const fate = characters > maxCharacters ? "document_too_large" : read(text);
        if (fate === "accepted") account.accepted += open;
        else account.reject(fate, 1, open);
      }
    },
  };
}
