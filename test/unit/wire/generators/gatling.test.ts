import { expect, test } from "vitest";
import { gatlingLog } from "../../../../collector/wire/generators/gatling-log.ts";
import { endings, readFixture, readText } from "./read-fixture.ts";

// Made up after Gatling 3.12's LogFileDataWriter, for messages that the recorded log has not.
const LOG = [
  "RUN\tdemo.WorksSimulation\tworks\t1795245972000\t \t3.12.0",
  "USER\tlist\tSTART\t1795245972100",
  "REQUEST\t\tpuzzle\t1795245972110\t1795245972140\tOK\t ",
  "REQUEST\tgallery,detail\tcustom world\t1795245972150\t1795245972155\tKO\tstatus.find.is(200), but actually found 503",
  "REQUEST\t\tpuzzle\t1795245972160\t1795245972170\tKO\tstatus.find.in(200,304), but actually found 429",
  "REQUEST\t\tpuzzle\t1795245972200\t1795246032200\tKO\ti.g.h.c.i.RequestTimeoutException: Request timeout to 127.0.0.1:80 after 60000 ms",
  "REQUEST\t\tpuzzle\t1795245972300\t1795245972301\tKO\tj.n.ConnectException: Connection refused",
  "REQUEST\t\tpuzzle\t1795245972300\t1795245982301\tKO\tj.n.ConnectException: connection timed out: /10.0.0.1:80",
  "REQUEST\t\tpuzzle\t1795245972300\t1795245972301\tKO\tjsonPath($.works).find.exists, found nothing",
  "GROUP\tgallery\t1795245972150\t1795245972155\t5\tKO",
  "ERROR\tNo attribute named 'id' is defined\t1795245972400",
  "USER\tlist\tEND\t1795245972500",
].join("\n");

test("a recorded log: each class of failure gets its word", () => {
  const { requests, samples, items, account } = readFixture(gatlingLog, "gatling/simulation.log");
  expect(endings(requests)).toEqual({
    "ok ok": 2,
    "err http_5xx": 2,
    "busy http_429": 2,
    "body body_check": 2,
    "hang timeout_unknown": 2,
    "reset reset": 2,
    "refused dial_refused": 2,
    "dns dns": 2,
  });
  expect(requests[0]).toMatchObject({ group: "gallery", durationMs: 88, startUnixNano: 1795272960441000000n });
  expect(requests.find(({ endpoint }) => endpoint.name === "busy")).toMatchObject({ status: 429, judgedFailed: true });
  expect(samples.map(({ name }) => name).toSorted()).toEqual([
    "script_exceptions",
    "script_exceptions",
    "users.ended",
    "users.ended",
    "users.started",
    "users.started",
  ]);
  expect(items[0]).toMatchObject({ kind: "run", generator: "gatling", version: "3.12.0" });
  expect(account).toMatchObject({ lines: 25, accepted: 23, skipped: 2, rejected: 0 });
});

test("Gatling's requests with the words for their failures", () => {
  const { requests, account } = readText(gatlingLog, LOG);
  expect(endings(requests)).toEqual({
    "puzzle ok": 1,
    "custom world http_5xx": 1,
    "puzzle http_429": 1,
    "puzzle timeout_unknown": 1,
    "puzzle dial_refused": 1,
    "puzzle dial_timeout": 1,
    "puzzle body_check": 1,
  });
  expect(requests[1]).toMatchObject({
    group: "gallery,detail",
    status: 503,
    judgedFailed: true,
    durationMs: 5,
    startUnixNano: 1795245972150000000n,
    endUnixNano: 1795245972155000000n,
  });
  expect(account).toMatchObject({ lines: 12, accepted: 11, skipped: 1, rejected: 0 });
});

test("no status is made up for a request that went well", () => {
  expect(readText(gatlingLog, LOG).requests[0]).toMatchObject({ status: undefined, errorText: "", outcome: "ok" });
});

test("users and faults of the script are samples; the run is named", () => {
  const { samples, items } = readText(gatlingLog, LOG);
  expect(samples.map(({ name }) => name)).toEqual(["users.started", "script_exceptions", "users.ended"]);
  expect(items[0]).toMatchObject({ kind: "run", version: "3.12.0", startUnixNano: 1795245972000000000n });
});

test("older logs have the user before the groups", () => {
  const { requests } = readText(gatlingLog, "REQUEST\t17\tgallery\tpuzzle\t1795245972110\t1795245972140\tOK\t \n");
  expect(requests).toMatchObject([{ vu: "17", group: "gallery", endpoint: { name: "puzzle" }, durationMs: 30 }]);
});

test("an end before its start is no request", () => {
  const { account } = readText(gatlingLog, "REQUEST\t\tpuzzle\t1795245972140\t1795245972110\tOK\t \n");
  expect([...account.reasons.keys()]).toEqual(["bad_time"]);
});
