import type { Correction, DurationMeaning, ErrorKind, Phase } from "../../model/load-outcome.ts";
import type { LoadItem } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import type { LineAccount } from "./line-account.ts";

/**
 * What a format can tell and what not. Documentation and the report are made of these constants; a reader may not give more than its facts
 * promise.
 */
export interface FormatFacts {
  /** As `pitwall import --format` takes it. */
  readonly format: string;
  readonly generator: string;
  /** One sentence: which file this is and what writes it. */
  readonly title: string;
  readonly witness: "client" | "proxy" | "host";
  readonly gives: readonly LoadItem["kind"][];
  /** How finely requests are told apart. */
  readonly endpoint: string;
  /** What the written time is, and its resolution. */
  readonly time: string;
  readonly durationMeans: DurationMeaning;
  /** Unit in the file; records are always in ms. */
  readonly durationUnit: "s" | "ms" | "us" | "ns" | "mixed" | "mapped" | "none";
  readonly phases: readonly Phase[];
  /** Kinds of failure that the format lets one tell. */
  readonly errorKinds: readonly ErrorKind[];
  readonly correction: Correction;
  /** Whether latencies leave out requests that got no answer. `unknown` where it depends on settings that are not in the file. */
  readonly survivorsOnly: "yes" | "no" | "unknown";
  /** What the file cannot show, or shows wrongly; one sentence each. */
  readonly limits: readonly string[];
}

export type Emit = (item: LoadItem) => void;

export interface ReaderOptions {
  readonly emit: Emit;
  /** Without its folder; some formats keep the URL or the part they are in it. */
  readonly fileName?: string;
  /** When the run began; for formats that hold only times since then. */
  readonly beganUnixNano?: UnixNano;
}

/** Takes a file line by line. Never throws on what it reads: what is not understood is in the account, with reason and line number. */
export interface LineReader {
  /** A line without its end. */
  push(line: string): void;
  /** The last line has been pushed: gives what was kept back. Call once. */
  end(): void;
  readonly account: LineAccount;
}

export interface LoadFormat {
  readonly facts: FormatFacts;
  /** Whether the first lines of a file (a few KB) look like this format. */
  detect(head: FileHead): boolean;
  open(options: ReaderOptions): LineReader;
}

export interface FileHead {
  /** As text, NUL and broken UTF-8 replaced; cut anywhere. */
  readonly text: string;
  /** In lower case, without its folder; "" when unknown. */
  readonly fileName: string;
  /** The first line without its end. */
  readonly firstLine: string;
  /** The whole as JSON, or the first line where that alone is JSON; undefined when neither is, which is usual for a cut document. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}
