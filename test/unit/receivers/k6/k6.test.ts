import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Refused, Rejected } from "../../../../collector/pipeline/sink.ts";
import { k6 } from "../../../../collector/receivers/k6/k6.ts";
import { k6Csv } from "../../../../collector/wire/generators/k6-csv.ts";
import { k6Json } from "../../../../collector/wire/generators/k6-json.ts";
import { lossOfNote } from "../../../../collector/wire/witness/loss-note.ts";
import { fixtureBytes, readFixture } from "../../wire/generators/read-fixture.ts";
import { openWitnessRiver, requestsOf } from "../file-tail-river.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-k6-"));
  path = join(folder, "k6.out");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = (keys: object = {}) => ({ path, poll_interval: "10ms", batch_timeout: "20ms", instance: "box", run_id: "run-1", ...keys });
const bytes = fixtureBytes("k6/mixed.ndjson.gz");

/** As k6 does: in pieces that end anywhere. */
function grow(upTo: number, from = 0): void {
  for (let at = from; at < upTo; at += 7001) appendFileSync(path, bytes.subarray(at, Math.min(at + 7001, upTo)));
}

describe("a file that grows", () => {
  test("gives every request and sample once, as the file as a whole does", async () => {
    await using river = await openWitnessRiver(k6, config());
    grow(bytes.length / 2);
    await river.until((items) => requestsOf(items).length > 10);
    grow(bytes.length, bytes.length / 2);
    await river.close();
    const whole = readFixture(k6Json, "k6/mixed.ndjson.gz");
    expect(requestsOf(river.items())).toEqual(whole.requests);
    const iterations = (all: readonly { readonly kind: string }[]) =>
      all.reduce((sum, item) => sum + ("value" in item && "name" in item && item.name === "iterations" ? Number(item.value) : 0), 0);
    expect(iterations(river.items())).toBe(iterations(whole.items));
    expect(iterations(whole.items)).toBeGreaterThan(0);
    expect(river.witnesses()[0]).toMatchObject({ hop: "client", name: "k6", format: "k6-json", instance: "box", runId: "run-1" });
    for (const balance of river.around.ledger.balances()) expect(balance).toMatchObject({ dropped: 0, inFlight: 0 });
    expect(river.around.meter.total("pitwall_receiver_lines", { outcome: "accepted" })).toBe(whole.account.accepted);
    expect(river.around.meter.total("otelcol_receiver_accepted_spans")).toBe(whole.requests.length);
  });

  test("loses and doubles nothing while the pipeline refuses", async () => {
    grow(bytes.length);
    const river = await openWitnessRiver(k6, config({ batch_size: 20 }), {
      answer: (_batch, attempt) => (attempt % 3 === 0 ? undefined : Promise.reject(new Refused("full", { retryAfterMs: 1, overload: true }))),
    });
    await river.until((items) => requestsOf(items).length > 40);
    await river.close();
    expect(requestsOf(river.items())).toEqual(readFixture(k6Json, "k6/mixed.ndjson.gz").requests);
    for (const balance of river.around.ledger.balances()) expect(balance).toMatchObject({ dropped: 0, inFlight: 0 });
  });

  test("goes on after a batch that was rejected", async () => {
    grow(bytes.length);
    const river = await openWitnessRiver(k6, config({ batch_size: 20 }), {
      answer: (batch, attempt) => (attempt === 1 ? Promise.reject(new Rejected("bad", { items: batch.count, reason: "bad" })) : undefined),
    });
    await river.close();
    const lost = river.around.ledger.droppedRows().reduce((sum, { items }) => sum + items, 0);
    expect(lost).toBeGreaterThan(0);
    expect(requestsOf(river.items()).length).toBe(readFixture(k6Json, "k6/mixed.ndjson.gz").requests.length - lost);
  });

  test("that nobody takes is counted as lost at the end, when the time for it is over", async () => {
    grow(bytes.length);
    const asked = Promise.withResolvers<void>();
    const answer = () => {
      asked.resolve();
      return Promise.reject(new Refused("full", { retryAfterMs: 60_000, overload: true }));
    };
    const river = await openWitnessRiver(k6, config({ batch_size: 1 }), { answer, shutdownMs: 200 });
    await asked.promise;
    await river.close();
    const { received, dropped } = river.around.ledger.balance("traces");
    expect(received).toBeGreaterThan(0);
    expect(dropped).toBe(received);
    const errors = river.around.log.lines.filter(({ level }) => level === "error");
    expect(errors.map(({ message }) => message)).toContain("the time for the end was over before the files were read to their end");
    expect(river.around.ledger.droppedRows()[0]).toMatchObject({ component: "in", reason: "shutdown" });
  });

  test("far behind a writer that is long done: all of it is read, and what there is no time for is told as lost", async () => {
    const line = (index: number) =>
      JSON.stringify({ metric: "iterations", type: "Point", data: { time: "2026-05-12T04:51:00.5Z", value: 1, tags: { i: `${index}` } } });
    const count = 40_000;
    writeFileSync(path, `${Array.from({ length: count }, (_, index) => line(index)).join("\n")}\n`);
    const late = await openWitnessRiver(k6, config());
    await late.until((items) => items.length >= count);
    await late.close();
    expect(late.items()).toHaveLength(count);

    const hurried = await openWitnessRiver(k6, config({ batch_size: 100 }), {
      answer: (batch) => (batch.signal === "logs" ? undefined : new Promise((resolve) => setTimeout(resolve, 400))),
      shutdownMs: 150,
    });
    await hurried.until((items) => items.length > 0);
    await hurried.close();
    const losses = hurried.items().flatMap((item) => (item.kind === "note" ? [lossOfNote(item)] : []));
    expect(losses).toMatchObject([{ component: "k6 file", signal: "lines", reason: "not_read_at_the_end" }]);
    const read = hurried.around.meter.total("pitwall_receiver_lines");
    expect(Math.abs((losses[0]?.items ?? 0) + read - count)).toBeLessThan(count * 0.02);
  }, 20_000);
});

test("CSV is told from NDJSON, and its heading read even where reading begins at the end", async () => {
  const text = new TextDecoder().decode(fixtureBytes("k6/classes-unix-nano.csv"));
  const half = text.indexOf("\n", text.length / 2) + 1;
  writeFileSync(path, text.slice(0, half));
  const river = await openWitnessRiver(k6, config({ start_at: "end" }));
  while (river.around.log.lines.length === 0) await new Promise(setImmediate);
  appendFileSync(path, text.slice(half));
  await river.close();
  const whole = readFixture(k6Csv, "k6/classes-unix-nano.csv").requests;
  const found = requestsOf(river.items());
  expect(found.length).toBeGreaterThan(2);
  expect(found.slice(1)).toEqual(whole.slice(1 - found.length));
  expect(river.witnesses()[0]?.format).toBe("k6-csv");
});

test("a second run into the same file begins anew", async () => {
  const river = await openWitnessRiver(k6, config());
  grow(bytes.length);
  const once = readFixture(k6Json, "k6/mixed.ndjson.gz").requests;
  await river.until((items) => requestsOf(items).length >= once.length);
  writeFileSync(path, bytes.subarray(0, bytes.length / 3));
  await river.until((items) => requestsOf(items).length > once.length);
  appendFileSync(path, bytes.subarray(bytes.length / 3));
  await river.close();
  expect(requestsOf(river.items())).toEqual([...once, ...once]);
  expect(river.around.log.lines.filter(({ level }) => level !== "info")).toEqual([]);
});

test("a file that another one takes the place of is read to its end, and the other from its beginning", async () => {
  const half = bytes.lastIndexOf(10, bytes.length / 2) + 1;
  writeFileSync(path, bytes.subarray(0, half));
  const river = await openWitnessRiver(k6, config());
  await river.until((items) => requestsOf(items).length > 0);
  writeFileSync(`${path}.new`, bytes.subarray(half));
  renameSync(`${path}.new`, path);
  const whole = readFixture(k6Json, "k6/mixed.ndjson.gz").requests.length;
  await river.until((items) => requestsOf(items).length >= whole);
  await river.close();
  expect(requestsOf(river.items())).toHaveLength(whole);
});

test("lines that are not understood are counted by reason, said once, and told as losses", async () => {
  writeFileSync(path, `{"metric":"x"}\n{broken\n{broken too\n${new TextDecoder().decode(bytes)}{"metric":"http_re`);
  const river = await openWitnessRiver(k6, config());
  await river.close();
  const losses = river.items().flatMap((item) => (item.kind === "note" ? [lossOfNote(item)] : []));
  const sum = (reason: string) => losses.reduce((total, loss) => total + (loss?.reason === reason ? loss.items : 0), 0);
  expect([sum("bad_json"), sum("unknown_shape")]).toEqual([3, 1]);
  expect(losses[0]).toMatchObject({ component: "k6 file", signal: "lines" });
  expect(river.around.meter.total("pitwall_receiver_lines_rejected", { reason: "bad_json" })).toBe(3);
  expect(river.around.log.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields)).toMatchObject([
    { path, line: 1, reason: "unknown_shape", format: "k6-json" },
    { path, line: 2, reason: "bad_json", format: "k6-json" },
  ]);
});

test("without a pipeline for a signal its part is left out, and said", async () => {
  grow(bytes.length);
  const river = await openWitnessRiver(k6, config(), { signals: ["traces"] });
  await river.close();
  expect(new Set(river.batches.map(({ signal }) => signal))).toEqual(new Set(["traces"]));
  expect(river.around.log.lines[0]?.message).toContain("no pipeline takes metrics and logs");
  expect(river.around.ledger.balance("metrics").received).toBe(0);
});

test("a compressed file is refused with the reason", () => {
  const found = k6.config.safeParse({ path: "/tmp/k6.json.gz" });
  expect(found.success).toBe(false);
  expect(found.error?.issues[0]?.message).toContain("only when it ends");
});
