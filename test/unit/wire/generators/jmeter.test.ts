import { expect, test } from "vitest";
import { jmeterCsv } from "../../../../collector/wire/generators/jmeter-csv.ts";
import { endings, readFixture, readText } from "./read-fixture.ts";

// Made up after JMeter's CSVSaveService, for cases that the recorded table has not.
const HEADING =
  "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";
const ROWS = [
  "1795245972110,30,list,200,OK,Group 1-1,text,true,,1811,120,2,2,http://127.0.0.1/list,28,0,3",
  "1795245972150,4,list,429,Too Many Requests,Group 1-2,text,false,,200,120,2,2,http://127.0.0.1/list,4,0,0",
  '1795245972200,6,list,200,OK,Group 1-1,text,false,"Test failed: text expected to contain /works/, and\nhas ""none"", sorry",1811,120,2,2,http://127.0.0.1/list,5,0,0',
  "1795245972300,60004,list,Non HTTP response code: java.net.SocketTimeoutException,Non HTTP response message: Read timed out,Group 1-1,text,false,,2000,0,2,2,http://127.0.0.1/list,0,0,2",
  "1795245972400,1,list,Non HTTP response code: org.apache.http.conn.HttpHostConnectException,Non HTTP response message: Connect to 127.0.0.1:80 failed: Connection refused,Group 1-1,text,false,,2000,0,2,2,null,0,0,1",
  '1795245972110,36,whole visit,,"Number of samples in transaction : 2, number of failing samples : 1",Group 1-1,,false,,2011,240,2,2,null,0,0,3',
];

test("a recorded table: each class of failure gets its word, transactions are no requests", () => {
  const { requests, samples, account } = readFixture(jmeterCsv, "jmeter/mixed.jtl");
  expect(endings(requests)).toEqual({
    "ok ok": 2,
    "err http_5xx": 2,
    "busy http_429": 2,
    "body body_check": 2,
    "hang timeout_wait": 2,
    "reset reset": 2,
    "refused dial_refused": 2,
    "dns dns": 2,
  });
  expect(samples.map(({ name, value }) => [name, value])).toEqual([
    ["transaction_duration", 464],
    ["transaction_duration", 318],
  ]);
  expect(requests[0]).toMatchObject({ durationMs: 146, phases: { connect: 104, wait: 31, recv: 11 }, newConnection: true, vu: "Thread Group 1-1" });
  expect(requests.find(({ endpoint }) => endpoint.name === "dns")).toMatchObject({
    status: 0,
    newConnection: undefined,
    outcome: "connection_error",
  });
  expect(account).toMatchObject({ lines: 21, accepted: 20, skipped: 1, rejected: 0 });
});

test("JMeter's samples with the words for their failures; a message over two lines is one row", () => {
  const { requests, account } = readText(jmeterCsv, [HEADING, ...ROWS].join("\r\n"));
  expect(endings(requests)).toEqual({ "list ok": 1, "list http_429": 1, "list body_check": 1, "list timeout_wait": 1, "list dial_refused": 1 });
  expect(requests[2]?.errorText).toBe('Test failed: text expected to contain /works/, and\nhas "none", sorry');
  expect(account).toMatchObject({ lines: 8, accepted: 7, skipped: 1, rejected: 0 });
});

test("JMeter's Latency holds Connect, and elapsed holds both", () => {
  const [first, , , hung] = readText(jmeterCsv, [HEADING, ...ROWS].join("\n")).requests;
  expect(first).toMatchObject({
    stamped: "start",
    startUnixNano: 1795245972110000000n,
    endUnixNano: 1795245972140000000n,
    durationMs: 30,
    phases: { blocked: 3, connect: 3, wait: 25, recv: 2 },
    newConnection: true,
    responseBytes: 1811,
  });
  expect(hung).toMatchObject({ status: 0, phases: { connect: 2 } });
  expect(hung?.phases.wait).toBeUndefined();
});

test("rows of transaction controllers are not counted again as requests", () => {
  const { samples } = readText(jmeterCsv, [HEADING, ...ROWS].join("\n"));
  expect(samples).toMatchObject([{ name: "transaction_duration", value: 36, unit: "ms" }]);
});

test("columns are found by name; those that are not there are unknown", () => {
  const { requests } = readText(jmeterCsv, "label,elapsed,timeStamp\nlist,5,1795245972110\n");
  expect(requests).toMatchObject([{ outcome: "ok", status: undefined, judgedFailed: undefined, phases: {} }]);
});
