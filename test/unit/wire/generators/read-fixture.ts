import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { LoadAggregate, LoadItem, LoadNote, LoadRequest, LoadSample, LoadThreshold } from "../../../../collector/model/load-record.ts";
import type { LineAccount } from "../../../../collector/wire/generators/line-account.ts";
import { LineSplitter } from "../../../../collector/wire/generators/line-splitter.ts";
import type { LineReader, LoadFormat, ReaderOptions } from "../../../../collector/wire/generators/reader.ts";

export interface ReadResult {
  readonly items: readonly LoadItem[];
  readonly requests: readonly LoadRequest[];
  readonly aggregates: readonly LoadAggregate[];
  readonly samples: readonly LoadSample[];
  readonly thresholds: readonly LoadThreshold[];
  /** Codes of the notes. */
  readonly notes: readonly string[];
  readonly account: LineAccount;
}

export function fixtureBytes(path: string): Uint8Array {
  const bytes = readFileSync(new URL(`../../../fixtures/generators/${path}`, import.meta.url));
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

export function readFixture(format: LoadFormat, path: string, options: Partial<ReaderOptions> = {}): ReadResult {
  return readBytes((all) => format.open(all), fixtureBytes(path), options);
}

export function readText(format: LoadFormat, text: string, options: Partial<ReaderOptions> = {}): ReadResult {
  return readBytes((all) => format.open(all), new TextEncoder().encode(text), options);
}

/** In chunks of an odd size, so that lines and characters are cut anywhere. */
export function readBytes(
  open: (options: ReaderOptions) => LineReader,
  bytes: Uint8Array,
  options: Partial<ReaderOptions> = {},
  chunk = 1013,
): ReadResult {
  const items: LoadItem[] = [];
  const reader = open({ ...options, emit: (item) => items.push(item) });
  const splitter = new LineSplitter(reader);
  for (let at = 0; at < bytes.length; at += chunk) splitter.push(bytes.subarray(at, at + chunk));
  splitter.end();
  const ofKind = <K extends LoadItem["kind"]>(kind: K) => items.filter((item): item is Extract<LoadItem, { kind: K }> => item.kind === kind);
  const notes = ofKind("note").map((note: LoadNote) => note.code);
  return {
    items,
    requests: ofKind("request"),
    aggregates: ofKind("aggregate"),
    samples: ofKind("sample"),
    thresholds: ofKind("threshold"),
    notes,
    account: reader.account,
  };
}

/** How many requests of each endpoint ended in which way: `{"ok ok": 121, "refused dial_refused": 121}`. */
export function endings(requests: readonly LoadRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { endpoint, errorKind, outcome } of requests) {
    const key = `${endpoint.name} ${errorKind ?? outcome}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

export function sumOf(counts: { readonly [key: string]: number | undefined }): number {
  return Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

export function quantileOf(aggregate: LoadAggregate | undefined, q: number, of = "duration"): number | undefined {
  return aggregate?.latencies.find((view) => view.of === of)?.quantiles.find((quantile) => quantile.q === q)?.ms;
}
