import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { LedgerLoss, LedgerWitness, SampledTrace } from "../../../../collector/model/ledger.ts";
import { openLedgerFile } from "../../../../collector/run/ledger/open-ledger-file.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import { LedgerFolder } from "./ledger-folder.ts";
import { START_MS, sampleRun } from "./sample-run.ts";

/** A run is recorded, and files are added to it later by another process: `pitwall import`. */

const witness = (over: Partial<LedgerWitness>): LedgerWitness => ({
  hop: "client",
  name: "k6",
  format: "k6-json",
  sources: ["requests"],
  firstUnixMs: START_MS,
  lastUnixMs: START_MS + 1000,
  items: 10,
  durationMeans: "send_to_last_byte",
  correction: "not_needed",
  survivorsOnly: "no",
  limits: [],
  ...over,
});
const trace = (traceId: string): SampledTrace => ({
  why: "slow",
  endpoint: 0,
  traceId,
  durationMs: 1,
  outcome: "ok",
  errorKind: undefined,
  spans: [],
});
const loss = (component: string, items: number): LedgerLoss => ({ component, signal: "lines", reason: "bad_line", items });
const JOIN = { second: START_MS / 1000, endpoint: 0, by: "trace", parts: { app: { n: 1, sum: 20 } }, count: 1 } as const;
const ENDPOINT = { method: "GET", name: "/works/7", source: "name" } as const;

test("what a later writer saves stands beside what earlier ones left, however often it saves", () => {
  using folder = new LedgerFolder();
  const path = folder.file();
  {
    using file = openLedgerFile(path);
    file.saveRun(sampleRun({ state: "closed", endUnixMs: START_MS + 60_000 }));
    file.saveWitnesses([witness({ items: 1 })]);
    file.saveWitnesses([witness({}), witness({ hop: "application", name: "api", format: "otlp", sources: ["spans"] })]);
    file.saveLosses([loss("recorder", 3), loss("otlp", 2)]);
    file.saveLosses([loss("recorder", 4)]);
    file.saveTraces([trace("a"), trace("b")]);
  }
  {
    using file = openLedgerFile(path);
    file.saveWitnesses([witness({ hop: "proxy", name: "nginx", format: "nginx-timing", items: 5 })]);
    file.saveWitnesses([
      witness({ hop: "proxy", name: "nginx", format: "nginx-timing", items: 7 }),
      witness({ firstUnixMs: START_MS - 5, lastUnixMs: START_MS + 9000, items: 3, sources: ["metrics"] }),
    ]);
    file.saveLosses([loss("recorder", 1)]);
    file.saveLosses([loss("recorder", 5), loss("import access.log", 6)]);
    const kept = trace("d");
    file.saveTraces([trace("c"), kept]);
    file.saveTraces([kept]);
  }
  const { witnesses, losses, traces } = readLedger(path);
  expect(
    witnesses.map(({ name, items, sources, firstUnixMs, lastUnixMs }) => [name, items, sources, firstUnixMs - START_MS, lastUnixMs - START_MS]),
  ).toEqual([
    ["k6", 13, ["requests", "metrics"], -5, 9000],
    ["api", 10, ["spans"], 0, 1000],
    ["nginx", 7, ["requests"], 0, 1000],
  ]);
  expect(losses.map(({ component, items }) => [component, items])).toEqual([
    ["otlp", 2],
    ["recorder", 4],
    ["recorder", 5],
    ["import access.log", 6],
  ]);
  expect(traces.map(({ traceId }) => traceId)).toEqual(["a", "b", "d"]);
});

test("the rules that a run was recorded with name its endpoints for every reader, after those that the reader gives", () => {
  using folder = new LedgerFolder();
  const path = folder.file();
  {
    using file = openLedgerFile(path);
    file.saveRun(sampleRun());
    file.saveEndpointRules([
      { match: "^/works/\\d+$", as: "/works/{work}" },
      { match: "^/users/.*$", as: "/users/{user}" },
    ]);
    for (const name of ["/works/7", "/users/ada"]) file.endpoint({ method: "GET", name, source: "name" });
    file.write({});
  }
  const named = (rules: readonly { readonly match: string; readonly as: string }[]) =>
    readLedger(path, { rules }).endpoints.map(({ canonical, by }) => `${canonical} ${by}`);
  expect(named([])).toEqual(["GET /works/{work} rule", "GET /users/{user} rule"]);
  expect(named([{ match: "^/works/.*$", as: "/w" }])).toEqual(["GET /w rule", "GET /users/{user} rule"]);
});

test("rules that nobody can read are damage, and told as such", () => {
  using folder = new LedgerFolder();
  const path = folder.file();
  {
    using file = openLedgerFile(path);
    file.saveRun(sampleRun());
  }
  const database = new DatabaseSync(path);
  database.prepare("INSERT INTO meta VALUES ('endpoint_rules', ?)").run('[{"match": "("}]');
  database.close();
  expect(() => readLedger(path)).toThrow(expect.objectContaining({ code: "E_LEDGER", message: expect.stringContaining("damaged") }));
});

test("joined requests that failed stay apart from those that did not", () => {
  using folder = new LedgerFolder();
  const path = folder.file();
  {
    using file = openLedgerFile(path);
    file.saveRun(sampleRun());
    file.endpoint(ENDPOINT);
    file.write({ joins: [JOIN, { ...JOIN, failed: true }] });
  }
  expect(readLedger(path).joins).toEqual([JOIN, { ...JOIN, failed: true }]);
});

test("a file from before joins said whether they failed is read, and can be gone on with", () => {
  using folder = new LedgerFolder();
  const path = folder.file();
  {
    using file = openLedgerFile(path);
    file.saveRun(sampleRun());
    file.endpoint(ENDPOINT);
    file.write({ joins: [JOIN] });
  }
  const database = new DatabaseSync(path);
  database.exec("ALTER TABLE joins DROP COLUMN failed");
  database.close();
  expect(readLedger(path).joins).toEqual([JOIN]);
  {
    using file = openLedgerFile(path);
    file.write({ joins: [{ ...JOIN, failed: true }] });
  }
  expect(readLedger(path).joins).toEqual([JOIN, { ...JOIN, failed: true }]);
});

test("a file whose notes of its own are damaged is not gone on with", () => {
  using folder = new LedgerFolder();
  const path = folder.file();
  {
    using file = openLedgerFile(path);
    file.saveRun(sampleRun());
    file.saveTraces([trace("a")]);
  }
  const database = new DatabaseSync(path);
  database.exec("UPDATE meta SET value = '[0' WHERE key = 'trace_order'");
  database.close();
  expect(() => openLedgerFile(path)).toThrow(expect.objectContaining({ code: "E_LEDGER", message: expect.stringContaining("damaged") }));
});
