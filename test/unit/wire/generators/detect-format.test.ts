import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { detectFormat } from "../../../../collector/wire/generators/detect-format.ts";
import { formatNamed, LOAD_FORMATS } from "../../../../collector/wire/generators/formats.ts";
import { fixtureBytes } from "./read-fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function detected(content: Uint8Array, fileName?: string): string {
  const found = detectFormat(content, fileName);
  return found.kind === "format" ? found.format.facts.format : found.kind;
}

test.each([
  ["k6/mixed.ndjson.gz", "k6-json"],
  ["k6/classes.ndjson", "k6-json"],
  ["k6/mixed.csv.gz", "k6-csv"],
  ["k6/classes-unix-nano.csv", "k6-csv"],
  ["k6/mixed-summary-export.json", "k6-summary-export"],
  ["k6/mixed-summary-machine.json", "k6-summary-machine"],
  ["nginx/k6-mixed-timing.log", "nginx-timing"],
  ["nginx/classes-timing.log", "nginx-timing"],
  ["nginx/classes-combined.log", "nginx-combined"],
  ["nginx/classes-common.log", "nginx-combined"],
  ["nginx/classes-json.log", "nginx-json"],
  ["ab/ok.txt", "ab-report"],
  ["ab/refused.txt", "ab-report"],
  ["ab/ok.csv", "ab-percentiles"],
  ["ab/ok.tsv", "ab-gnuplot"],
  ["wrk/ok.txt", "wrk-report"],
  ["wrk/refused.txt", "wrk-report"],
  ["hey/half.txt", "hey-report"],
  ["hey/refused.txt", "hey-report"],
  ["hey/half.csv", "hey-csv"],
  ["vegeta/mixed.ndjson", "vegeta-json"],
  ["vegeta/mixed.csv", "vegeta-csv"],
  ["vegeta/report.json", "vegeta-report"],
  ["autocannon/rate.json", "autocannon-json"],
  ["locust/mixed_stats.csv", "locust-stats"],
  ["locust/mixed_stats_history.csv", "locust-history"],
  ["locust/mixed_failures.csv", "locust-failures"],
  ["locust/mixed_exceptions.csv", "locust-exceptions"],
  ["locust/requests.csv", "locust-requests"],
  ["artillery/report.json", "artillery-json"],
  ["h2load/mixed.log", "h2load-log"],
  ["siege/mixed.json", "siege-json"],
  ["gatling/simulation.log", "gatling-log"],
  ["jmeter/mixed.jtl", "jmeter-csv"],
])("%s is %s, whatever it is called", (path, format) => {
  const content = fixtureBytes(path);
  expect(detected(content)).toBe(format);
  // One format and no other thinks so: the order of the list decides nothing for real files.
  expect(detected(content, "results.txt")).toBe(format);
});

test.each([
  ["k6/mixed-summary-machine.json", "k6-summary-machine"],
  ["k6/mixed-summary-export.json", "k6-summary-export"],
  ["artillery/report.json", "artillery-json"],
])("%s is recognised by its first kilobyte alone", (path, format) => {
  expect(detected(fixtureBytes(path).subarray(0, 1024))).toBe(format);
});

test.each([
  ["RUN\tdemo.Works\tworks\t1795245972000\t \t3.12.0\n", "gatling-log"],
  ["timeStamp,elapsed,label,responseCode\n", "jmeter-csv"],
  ['{"summary":{"successRate":1},"statusCodeDistribution":{}}', "oha-json"],
  ["\u{feff}timeStamp,elapsed,label\r\n", "jmeter-csv"],
])("%j is %s", (text, format) => {
  expect(detected(bytes(text))).toBe(format);
});

test("packed files are named, to be unpacked first", () => {
  expect(detectFormat(gzipSync("x"))).toEqual({ kind: "compressed", encoding: "gzip" });
  expect(detectFormat(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0))).toEqual({ kind: "compressed", encoding: "zstd" });
});

test.each([
  [Uint8Array.of(0, 0, 0, 0, 6, 51, 46, 49), "results/simulation.log", /Gatling 3\.13/],
  [bytes('<?xml version="1.0"?>\n<testResults version="1.2">\n'), "a.jtl", /XML/],
  [bytes("SQLite format 3\0"), "oha.db", /SQLite/],
])("what is known and not read is refused with a reason", (content, name, reason) => {
  const found = detectFormat(content, name);
  expect(found.kind === "refused" ? found.what : "").toMatch(reason);
});

test.each(["", "hello", "{}", "[]", "null", '{"a":1}', "a,b,c\n1,2,3\n", "\0\0\0", "2026-01-01 INFO started"])("%j is unknown", (text) => {
  expect(detected(bytes(text))).toBe("unknown");
});

test("each format has facts of its own and is found by its name", () => {
  const names = LOAD_FORMATS.map(({ facts }) => facts.format);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(formatNamed(name)?.facts.format).toBe(name);
  for (const { facts } of LOAD_FORMATS) {
    for (const sentence of [facts.title, facts.endpoint, facts.time, ...facts.limits]) expect(sentence).toMatch(/[.…]$/);
    expect(facts.limits.length, facts.format).toBeGreaterThan(0);
  }
});
