import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nginx } from "../../../../collector/receivers/nginx/nginx.ts";
import { nginxJson, nginxTiming } from "../../../../collector/wire/generators/nginx-log.ts";
import { fixtureBytes, readFixture } from "../../wire/generators/read-fixture.ts";
import { openWitnessRiver, requestsOf } from "../file-tail-river.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-nginx-"));
  path = join(folder, "access.log");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = (keys: object = {}) => ({ paths: [path], start_at: "beginning", poll_interval: "10ms", batch_timeout: "20ms", ...keys });
const text = (name: string): string => new TextDecoder().decode(fixtureBytes(`nginx/${name}`));
const lines = (name: string): readonly string[] =>
  text(name)
    .split("\n")
    .filter((line) => line !== "");
const warnings = (river: Awaited<ReturnType<typeof openWitnessRiver>>) => river.around.log.lines.filter(({ level }) => level === "warn");

test("a log that is rotated while it grows gives every request once", async () => {
  const all = lines("k6-mixed-timing.log");
  const river = await openWitnessRiver(nginx, config());
  for (const [index, line] of all.entries()) {
    if (index % 40 === 20) {
      await river.until((items) => requestsOf(items).length >= index);
      renameSync(path, `${path}.${index}`);
    }
    appendFileSync(path, `${line}\n`);
  }
  await river.close();
  const found = requestsOf(river.items());
  expect(found).toEqual(readFixture(nginxTiming, "nginx/k6-mixed-timing.log").requests);
  expect(river.witnesses()[0]).toMatchObject({ hop: "proxy", name: "nginx", format: "nginx-timing" });
  expect(warnings(river)).toEqual([]);
});

test("what was there before is left alone unless asked for", async () => {
  writeFileSync(path, text("classes-timing.log"));
  const river = await openWitnessRiver(nginx, { paths: [path], poll_interval: "10ms" });
  while (river.around.log.lines.length === 0) await new Promise(setImmediate);
  appendFileSync(path, `${lines("classes-timing.log")[0]}\n`);
  await river.close();
  expect(requestsOf(river.items())).toHaveLength(1);
});

test("paths that are not there yet are waited for, patterns too, and read from their beginning", async () => {
  const later = join(folder, "later", "access.log");
  const river = await openWitnessRiver(nginx, { paths: [later, join(folder, "more-*.log")], poll_interval: "10ms", batch_timeout: "20ms" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(river.around.log.lines).toEqual([]);
  mkdirSync(join(folder, "later"));
  writeFileSync(later, text("classes-timing.log"));
  writeFileSync(join(folder, "more-1.log"), text("classes-timing.log"));
  const count = lines("classes-timing.log").length * 2;
  await river.until((items) => requestsOf(items).length >= count);
  await river.close();
  expect(requestsOf(river.items())).toHaveLength(count);
});

test("what cannot be read is said once, and read when it can be", async () => {
  // A folder in its place: for root no file is forbidden.
  mkdirSync(path);
  const river = await openWitnessRiver(nginx, config());
  const errors = () => river.around.log.lines.filter(({ level }) => level === "error");
  while (errors().length === 0) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(errors().map(({ message }) => message)).toEqual(["a file cannot be read; it is tried again"]);
  rmSync(path, { recursive: true });
  writeFileSync(path, text("classes-timing.log"));
  await river.until((items) => requestsOf(items).length > 0);
  await river.close();
  expect(requestsOf(river.items())).toHaveLength(lines("classes-timing.log").length);
  expect(errors()).toHaveLength(1);
});

test("a log without timing is read, and what it cannot tell is said once with what to do", async () => {
  writeFileSync(path, text("classes-combined.log"));
  const river = await openWitnessRiver(nginx, config());
  await river.close();
  expect(requestsOf(river.items())).toHaveLength(lines("classes-combined.log").length);
  expect(river.witnesses()[0]).toMatchObject({ format: "nginx-combined", durationMeans: "unknown" });
  expect(warnings(river)).toHaveLength(1);
  for (const word of ["$request_time", "$upstream_addr", "$request_completion", "$msec", "pitwall nginx-format"]) {
    expect(warnings(river)[0]?.message).toContain(word);
  }
});

test("a log that changes its format in the middle is read on, each line by its own", async () => {
  writeFileSync(path, `${text("classes-combined.log")}${text("classes-timing.log")}${text("classes-json.log")}`);
  const river = await openWitnessRiver(nginx, config());
  await river.close();
  expect(new Set(river.witnesses().map(({ format }) => format))).toEqual(new Set(["nginx-combined", "nginx-timing", "nginx-json"]));
  const expected = ["classes-combined.log", "classes-timing.log", "classes-json.log"].reduce((sum, name) => sum + lines(name).length, 0);
  expect(requestsOf(river.items())).toHaveLength(expected);
  const json = readFixture(nginxJson, "nginx/classes-json.log").requests;
  expect(requestsOf(river.items())).toEqual(expect.arrayContaining([...json]));
});

test("an unfinished last line is counted as lost rather than read wrongly", async () => {
  const [first = "", second = ""] = lines("classes-timing.log");
  writeFileSync(path, `${first}\n${second.slice(0, second.indexOf("rt=") + 5)}`);
  const river = await openWitnessRiver(nginx, config());
  await river.close();
  expect(requestsOf(river.items())).toHaveLength(1);
  expect(river.items().filter((item) => item.kind === "note")).toMatchObject([{ code: "loss:lines:bad_line:1:nginx file" }]);
});

test("a line without an end is counted, and its neighbours are kept", async () => {
  const [line = ""] = lines("classes-timing.log");
  writeFileSync(path, `${line}\n${"x".repeat(1_100_000)}\n${line}\n`);
  const river = await openWitnessRiver(nginx, config());
  await river.close();
  expect(requestsOf(river.items())).toHaveLength(2);
  expect(river.around.meter.total("pitwall_receiver_lines_rejected", { reason: "line_too_long" })).toBe(1);
});
