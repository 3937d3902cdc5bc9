import type { LoadItem } from "../model/load-record.ts";
import { LineAccount, type RejectReason } from "../wire/generators/line-account.ts";
import { LineSplitter } from "../wire/generators/line-splitter.ts";
import type { LineReader, LoadFormat } from "../wire/generators/reader.ts";
import type { TailedBytes } from "./file-tail.ts";

export interface LineLanesOptions {
  readonly path: string;
  /** Which format a line has. */
  readonly route: (line: string) => LoadFormat;
  readonly emit: (format: LoadFormat, item: LoadItem, path: string) => void;
  /** Whether an unfinished last line can be told from a whole one. If not, it is counted as lost rather than read. */
  readonly readsRest: boolean;
  /** The file's first bytes where reading begins further on, for formats with a heading. */
  readonly skipped: Uint8Array;
  readonly needsHeading: (format: LoadFormat) => boolean;
}

/** Reject reasons with how often each came up since asked last, and the first line of it. */
export interface NewRejection {
  readonly path: string;
  readonly format: LoadFormat | undefined;
  readonly reason: RejectReason;
  readonly count: number;
  /** Of the lines of this format, from where reading began. */
  readonly line: number;
}

interface Lane {
  readonly format: LoadFormat | undefined;
  readonly account: LineAccount;
  readonly reader: LineReader | undefined;
  told: { accepted: number; skipped: number; readonly reasons: Map<RejectReason, number> };
}

/** The lines of one file, each given to the reader of its format. */
export class LineLanes implements TailedBytes {
  readonly #options: LineLanesOptions;
  readonly #lanes = new Map<LoadFormat, Lane>();
  /** Lines that no reader got to see. */
  readonly #unread: Lane = laneOf(undefined, undefined);
  readonly #splitter: LineSplitter;
  #isCut = false;
  isEnded = false;

  constructor(options: LineLanesOptions) {
    this.#options = options;
    this.#splitter = new LineSplitter({
      account: this.#unread.account,
      push: (line) => this.#push(line),
      end: () => {},
    });
  }

  bytes(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  end(isCut: boolean): void {
    if (this.isEnded) return;
    this.#isCut = isCut || !this.#options.readsRest;
    this.#splitter.end();
    for (const { reader } of this.#lanes.values()) reader?.end();
    this.isEnded = true;
  }

  /** What has been counted since the last call. */
  newCounts(): { readonly accepted: number; readonly skipped: number; readonly rejections: readonly NewRejection[] } {
    let [accepted, skipped] = [0, 0];
    const rejections: NewRejection[] = [];
    for (const lane of [this.#unread, ...this.#lanes.values()]) {
      accepted += lane.account.accepted - lane.told.accepted;
      skipped += lane.account.skipped - lane.told.skipped;
      lane.told.accepted = lane.account.accepted;
      lane.told.skipped = lane.account.skipped;
      for (const [reason, { count, firstLine }] of lane.account.reasons) {
        const before = lane.told.reasons.get(reason) ?? 0;
        if (count === before) continue;
        lane.told.reasons.set(reason, count);
        rejections.push({ path: this.#options.path, format: lane.format, reason, count: count - before, line: firstLine });
      }
    }
    return { accepted, skipped, rejections };
  }

  #push(line: string): void {
    // Counts all lines: the splitter numbers the ones that are too long by it.
    this.#unread.account.lines += 1;
    if (this.#isCut) this.#unread.account.reject("bad_line");
    else this.#laneFor(line).reader?.push(line);
  }

  #laneFor(line: string): Lane {
    const format = this.#options.route(line);
    let lane = this.#lanes.get(format);
    if (lane === undefined) {
      lane = laneOf(format, format.open({ emit: (item) => this.#options.emit(format, item, this.#options.path) }));
      this.#lanes.set(format, lane);
      if (this.#options.skipped.length > 0 && this.#options.needsHeading(format)) lane.reader?.push(this.#heading());
    }
    return lane;
  }

  #heading(): string {
    return (new TextDecoder().decode(this.#options.skipped).split("\n", 1)[0] as string).replace(/\r$/, "");
  }
}

function laneOf(format: LoadFormat | undefined, reader: LineReader | undefined): Lane {
  return { format, reader, account: reader?.account ?? new LineAccount(), told: { accepted: 0, skipped: 0, reasons: new Map() } };
}
