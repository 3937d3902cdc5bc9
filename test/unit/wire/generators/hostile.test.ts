import fc from "fast-check";
import { expect, test } from "vitest";
import { detectFormat } from "../../../../collector/wire/generators/detect-format.ts";
import { LOAD_FORMATS } from "../../../../collector/wire/generators/formats.ts";
import { WEBSOCKET_TESTER_MAPPINGS } from "../../../../collector/wire/generators/generic-mapping.ts";
import { openGenericCsv, openGenericNdjson } from "../../../../collector/wire/generators/generic-reader.ts";
import type { LoadFormat, ReaderOptions } from "../../../../collector/wire/generators/reader.ts";
import { fixtureBytes, readBytes } from "./read-fixture.ts";

/** A short real file of each format that reads line by line, and whether each accepted line is one request. */
const SEEDS: Readonly<Record<string, { readonly path: string; readonly isRowPerRequest: boolean }>> = {
  "k6-json": { path: "k6/classes.ndjson", isRowPerRequest: false },
  "k6-csv": { path: "k6/classes-unix-nano.csv", isRowPerRequest: false },
  "k6-summary-export": { path: "k6/mixed-summary-export.json", isRowPerRequest: false },
  "k6-summary-machine": { path: "k6/mixed-summary-machine.json", isRowPerRequest: false },
  "nginx-timing": { path: "nginx/classes-timing.log", isRowPerRequest: true },
  "nginx-combined": { path: "nginx/classes-combined.log", isRowPerRequest: true },
  "nginx-json": { path: "nginx/classes-json.log", isRowPerRequest: true },
  "ab-report": { path: "ab/mixed.txt", isRowPerRequest: false },
  "ab-gnuplot": { path: "ab/mixed.tsv", isRowPerRequest: true },
  "ab-percentiles": { path: "ab/ok.csv", isRowPerRequest: false },
  "wrk-report": { path: "wrk/mixed.txt", isRowPerRequest: false },
  "hey-report": { path: "hey/half.txt", isRowPerRequest: false },
  "hey-csv": { path: "hey/mixed.csv", isRowPerRequest: true },
  "vegeta-json": { path: "vegeta/mixed.ndjson", isRowPerRequest: true },
  "vegeta-csv": { path: "vegeta/mixed.csv", isRowPerRequest: false },
  "vegeta-report": { path: "vegeta/report.json", isRowPerRequest: false },
  "autocannon-json": { path: "autocannon/mixed.json", isRowPerRequest: false },
  "locust-stats": { path: "locust/mixed_stats.csv", isRowPerRequest: false },
  "locust-history": { path: "locust/mixed_stats_history.csv", isRowPerRequest: false },
  "locust-failures": { path: "locust/mixed_failures.csv", isRowPerRequest: false },
  "locust-requests": { path: "locust/requests.csv", isRowPerRequest: false },
  "artillery-json": { path: "artillery/report.json", isRowPerRequest: false },
  "h2load-log": { path: "h2load/mixed.log", isRowPerRequest: true },
  "gatling-log": { path: "gatling/simulation.log", isRowPerRequest: false },
  "jmeter-csv": { path: "jmeter/mixed.jtl", isRowPerRequest: false },
  "siege-json": { path: "siege/mixed.json", isRowPerRequest: false },
};

interface Damage {
  readonly at: number;
  readonly kind: number;
  readonly byte: number;
}

const damages = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), kind: fc.nat(6), byte: fc.nat(255) }), { maxLength: 6 });

/** Bytes changed, cut out, doubled, NUL, broken UTF-8, a stray quote, CRLF, the end cut off. */
function damaged(bytes: Uint8Array, all: readonly Damage[]): Uint8Array {
  let result = [...bytes];
  for (const { at, kind, byte } of all) {
    const index = Math.floor(at * result.length);
    if (kind === 0) result[index] = byte;
    else if (kind === 1) result.splice(index, byte);
    else if (kind === 2) result.splice(index, 0, ...result.slice(index, index + byte));
    else if (kind === 3) result.splice(index, 0, 0, 0xff, 0xc3);
    else if (kind === 4) result.splice(index, 0, 0x22);
    else if (kind === 5) result.splice(index, 0, 0x0d, 0x0a);
    else result = result.slice(0, index);
  }
  return Uint8Array.from(result);
}

function expectBalanced(format: LoadFormat, bytes: Uint8Array): void {
  const { account, requests } = readBytes((options) => format.open(options), bytes, {}, 777);
  const lines = bytes.reduce((sum, byte) => sum + (byte === 0x0a ? 1 : 0), 0) + (bytes.length > 0 && bytes.at(-1) !== 0x0a ? 1 : 0);
  expect(account.lines).toBe(lines);
  expect(account.pending).toBe(0);
  expect(account.accepted + account.skipped + account.rejected).toBe(lines);
  if (SEEDS[format.facts.format]?.isRowPerRequest === true) expect(requests).toHaveLength(account.accepted);
  for (const { durationMs, startUnixNano, endUnixNano } of requests) {
    if (durationMs !== undefined) expect(durationMs >= 0 && Number.isFinite(durationMs)).toBe(true);
    if (startUnixNano !== undefined && endUnixNano !== undefined) expect(endUnixNano >= startUnixNano).toBe(true);
  }
}

test.each(LOAD_FORMATS.filter(({ facts }) => facts.format in SEEDS).map((format) => [format.facts.format, format] as const))(
  "%s: a damaged file never throws, and every line of it is accounted for",
  (name, format) => {
    const whole = fixtureBytes(SEEDS[name]?.path as string);
    // Whole lines of a long file, so that a case costs little.
    const seed = name.startsWith("k6-") && whole.length > 20_000 ? whole.subarray(0, whole.indexOf(0x0a, 12_000) + 1) : whole;
    fc.assert(
      fc.property(damages, (all) => expectBalanced(format, damaged(seed, all))),
      { numRuns: 60 },
    );
  },
);

test("any bytes at all: no reader throws, none loses count, and something is said of the file", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      detectFormat(bytes, "simulation.log");
      for (const format of LOAD_FORMATS) expectBalanced(format, bytes);
    }),
    { numRuns: 60 },
  );
});

const jsonLine = fc.json({ maxDepth: 3 });

test("any JSON at all: no reader throws, none loses count", () => {
  fc.assert(
    fc.property(fc.array(jsonLine, { maxLength: 4 }), (lines) => {
      const bytes = new TextEncoder().encode(lines.join("\n"));
      for (const format of LOAD_FORMATS) expectBalanced(format, bytes);
    }),
    { numRuns: 40 },
  );
});

test.each(LOAD_FORMATS.filter(({ facts }) => SEEDS[facts.format]?.isRowPerRequest === true).map((format) => [format.facts.format, format] as const))(
  "%s: rubbish between good lines costs no good line",
  (name, format) => {
    const lines = new TextDecoder()
      .decode(fixtureBytes(SEEDS[name]?.path as string))
      .trimEnd()
      .split("\n");
    const before = readBytes((options) => format.open(options), new TextEncoder().encode(lines.join("\n")));
    const rubbish = ["\0\0\0", "{", '"', "�".repeat(50), "x".repeat(2_000_000), ""];
    const mixed = lines.flatMap((line, index) => (index === 0 ? [line] : [rubbish[index % rubbish.length] as string, line]));
    const after = readBytes((options) => format.open(options), new TextEncoder().encode(mixed.join("\r\n")), {}, 65_536);
    expect(after.requests).toEqual(before.requests);
    expect(after.account.accepted).toBe(before.account.accepted);
    expect(after.account.pending).toBe(0);
  },
);

test("mapped files: never throws, never loses count", () => {
  const openers = [
    (options: ReaderOptions) => openGenericCsv(WEBSOCKET_TESTER_MAPPINGS.memory, options),
    (options: ReaderOptions) => openGenericNdjson(WEBSOCKET_TESTER_MAPPINGS.memory, options),
    (options: ReaderOptions) => openGenericNdjson(WEBSOCKET_TESTER_MAPPINGS.summary, options),
  ];
  const seed = new TextEncoder().encode("Timestamp,Name,WorkingSetMB\n2026-01-09T17:04:30Z,a,277\n2026-01-09T17:04:32Z,a,529\n");
  fc.assert(
    fc.property(damages, (all) => {
      for (const open of openers) {
        const { account } = readBytes(open, damaged(seed, all));
        expect(account.pending).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});

test.each(["\n", " ", "\t", "9", "A", '"', "{", "[", "=", ",", " [", "a,", "1%", '{"a":'])(
  "half a megabyte of %j costs no squared time in any reader",
  (piece) => {
    const bytes = new TextEncoder().encode(piece.repeat(500_000 / piece.length));
    for (const format of LOAD_FORMATS) {
      const { account } = readBytes((options) => format.open(options), bytes, {}, 65_536);
      expect(account.pending).toBe(0);
    }
  },
);
