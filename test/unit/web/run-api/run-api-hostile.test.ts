import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openApiLab, sendRaw } from "./api-lab.ts";

/** Whoever may reach the API: nothing that is sent makes it fail, wait, or answer for somebody else. */

const API = "/api/v1";

const json = fc.json({ maxDepth: 4 });
const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "", " ", "\u0000", "x".repeat(5000), "\ud800"));
const numberOf = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e308, -0, 4_102_444_800_001, 0.5));
const any: fc.Arbitrary<unknown> = fc.oneof(text, numberOf, fc.boolean(), fc.constant(null), fc.array(text), fc.dictionary(text, text));
const nearlyRun = fc.record(
  { name: fc.oneof(text, fc.constant("r")), labels: any, conditions: any, gates: any, phases: fc.oneof(any, fc.array(fc.dictionary(text, any))) },
  { requiredKeys: [] },
);
const nearlyChanges = fc.record({ loadStartUnixMs: any, loadEndUnixMs: any, exit: any, conditions: any, phases: any }, { requiredKeys: [] });
const nearlyMark = fc.record({ text: any, labels: any, timeUnixMs: any, kind: any }, { requiredKeys: [] });
const body = (nearly: fc.Arbitrary<unknown>) =>
  fc.oneof(
    json,
    nearly.map((value) => JSON.stringify(value)),
    fc.string(),
    fc.constant("[".repeat(50_000)),
  );

test("bodies of any content are taken or refused with a reason, and never a fault", async () => {
  await using api = await openApiLab();
  const call = fc.oneof(
    body(nearlyRun).map((sent) => ["POST", `${API}/runs`, sent] as const),
    body(nearlyChanges).map((sent) => ["PATCH", `${API}/runs/current`, sent] as const),
    body(nearlyMark).map((sent) => ["POST", `${API}/marks`, sent] as const),
    body(fc.constant({})).map((sent) => ["POST", `${API}/runs/current/end`, sent] as const),
  );
  await fc.assert(
    fc.asyncProperty(call, async ([method, path, sent]) => {
      const answer = await api.call(method, path, sent);
      expect([200, 201, 400, 409, 413]).toContain(answer.status);
      if (answer.status >= 400) expect(answer.json.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
      expect(answer.text.length).toBeLessThan(300_000);
    }),
    { numRuns: 300 },
  );
  expect(api.lab.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  expect((await api.call("GET", `${API}/status`)).status).toBe(200);
}, 30_000);

test("a message about a body is short, however long what is wrong with it", async () => {
  await using api = await openApiLab();
  const labels = Object.fromEntries(Array.from({ length: 9000 }, (_, index) => [`label ${index}`, "v"]));
  const many = await api.call("POST", `${API}/runs`, { name: "r", labels });
  expect(many).toMatchObject({ status: 400, json: { error: { field: "labels", message: expect.stringContaining("at most 32 entries") } } });
  const unknown = await api.call("POST", `${API}/runs`, { name: "r", ["k".repeat(100_000)]: 1 });
  const large = await api.call("POST", `${API}/runs`, { name: "n".repeat(300_000) });
  const word = await api.call("GET", `${API}/runs/${"x".repeat(5000)}`);
  expect([unknown.status, large.status, word.status]).toEqual([400, 413, 404]);
  for (const { text: told } of [many, unknown, large, word]) expect(told.length).toBeLessThan(1500);
});

test.each([
  "current%00",
  "%zz",
  "%",
  "..",
  "%2e%2e",
  "..%2f..%2f..%2fetc%2fpasswd",
  "constructor",
  "__proto__",
  "toString",
  "%F0%9F%92%A9",
  "%ff%fe",
  "a;b",
  "a?b",
  "CURRENT",
  "-rf",
  ".sqlite",
  "x.sqlite-wal",
])("no path that is no run's id reaches a file (%s)", async (word) => {
  await using api = await openApiLab();
  const outside = join(tmpdir(), "pitwall-outside.sqlite");
  writeFileSync(outside, "secret");
  try {
    for (const path of [`/runs/${word}`, `/runs/${word}/ledger`, `/runs/${word}/report.json`]) {
      const answer = await sendRaw(api.address, `GET ${API}${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (?:400|404) /);
      expect(answer).not.toContain("secret");
    }
  } finally {
    rmSync(outside);
  }
});

/** A second request, hidden in what the first one's length leaves over. */
const HIDDEN = `POST ${API}/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"name":"evil"}`;

test.each([
  ["length and chunks", `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ["two lengths", `Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`],
  ["a coding that is none", `Transfer-Encoding: xchunked\r\n\r\n${HIDDEN}`],
  ["chunked that is not last", `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ["a name with a space", `Content-Length : ${HIDDEN.length}\r\n\r\n${HIDDEN}`],
  ["a folded line", `X-A: b\r\n Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`],
  ["a length with a sign", `Content-Length: +${HIDDEN.length}\r\n\r\n${HIDDEN}`],
  ["a chunk with a wrong size", `Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n${HIDDEN}`],
  ["bare line feeds", `Content-Length: 0\n\n${HIDDEN}`],
])("what two servers could read differently is refused: %s", async (_, rest) => {
  await using api = await openApiLab();
  for (const line of [`GET ${API}/status`, `POST ${API}/runs/current/end`]) {
    const answer = await sendRaw(api.address, `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest}`);
    expect(answer.match(/HTTP\/1\.1 201/)).toBeNull();
    expect(api.lab.keeper.current).toBeUndefined();
  }
});

test("what is sent behind a refused request is not read as the next one", async () => {
  await using api = await openApiLab({ token: "t" });
  const first = `POST ${API}/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${HIDDEN.length}\r\n\r\n`;
  const answer = await sendRaw(api.address, `${first}${HIDDEN.replace("Host", "Authorization: Bearer t\r\nHost")}`);
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  expect(api.lab.keeper.current).toBeUndefined();
});

test.each([
  ["CONNECT", `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
  ["OPTIONS *", `OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`],
  ["TRACE", `TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Secret: s\r\nConnection: close\r\n\r\n`],
  ["an upgrade", `GET ${API}/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["TLS", "\u0016\u0003\u0001\u0000\u00f8\u0001\u0000"],
  ["a head that is too long", `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${"X: y\r\n".repeat(2800)}\r\n`],
])(
  "%s is answered with a refusal or not at all",
  async (_, sent) => {
    await using api = await openApiLab();
    const answer = await sendRaw(api.address, sent);
    expect(answer === "" || /^HTTP\/1\.1 4\d\d /.test(answer)).toBe(true);
    expect(answer).not.toContain("X-Secret");
    expect((await api.call("GET", `${API}/status`)).status).toBe(200);
  },
  10_000,
);

test("of many who open a run at the same time one gets it, and of many who end it one ends it", async () => {
  await using api = await openApiLab();
  const all = <T>(work: () => Promise<T>): Promise<readonly T[]> => Promise.all(Array.from({ length: 60 }, work));
  for (let round = 0; round < 5; round++) {
    const opened = await all(() => api.call("POST", `${API}/runs`, { name: `r${round}` }));
    expect(opened.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(59).fill(409)]);
    const ended = await all(() => api.call("POST", `${API}/runs/current/end`, {}));
    expect(ended.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(59).fill(409)]);
  }
  const { runs } = (await api.call("GET", `${API}/runs`)).json as { readonly runs: readonly { readonly state: string }[] };
  expect(runs.map(({ state }) => state)).toEqual(Array(5).fill("closed"));
}, 20_000);

test("ledgers that are fetched while the run is recorded, marked and ended are whole, and leave nothing behind", async () => {
  await using api = await openApiLab();
  const { id } = (await api.call("POST", `${API}/runs`, { name: "r" })).json as { readonly id: string };
  const files: Promise<ArrayBuffer>[] = [];
  for (let mark = 0; mark < 30; mark++) {
    await api.call("POST", `${API}/marks`, { text: `m${mark}` });
    if (mark % 6 === 0) files.push(fetch(`${api.url}${API}/runs/current/ledger`).then((response) => response.arrayBuffer()));
  }
  files.push(fetch(`${api.url}${API}/runs/${id}/ledger`).then((response) => response.arrayBuffer()));
  await api.call("POST", `${API}/runs/current/end`, {});
  for (const [index, bytes] of (await Promise.all(files)).entries()) {
    const path = join(api.lab.directory, `got-${index}`);
    writeFileSync(path, new Uint8Array(bytes));
    const database = new DatabaseSync(path);
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(Number(database.prepare("SELECT count(*) AS n FROM marks").get()?.["n"])).toBeGreaterThanOrEqual(index * 6);
    database.close();
    rmSync(path);
  }
  const left = () => {
    api.lab.keeper.tick();
    return readdirSync(api.lab.directory);
  };
  await expect.poll(left).toEqual([`${id}.sqlite`]);
}, 20_000);

test("whoever leaves in the middle of a ledger leaves no copy of it", async () => {
  await using api = await openApiLab();
  const { id } = (await api.call("POST", `${API}/runs`, { name: "r", conditions: { config: "c".repeat(100_000) } })).json as { readonly id: string };
  for (let fetches = 0; fetches < 5; fetches++) {
    const [host = "", port = ""] = api.address.split(":");
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), host, () => socket.write(`GET ${API}/runs/${id}/ledger HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`));
      socket.once("data", () => {
        socket.destroy();
        resolve();
      });
    });
  }
  await expect.poll(() => readdirSync(api.lab.directory).filter((name) => name.startsWith(".copy-")), { timeout: 5000 }).toEqual([]);
  expect(api.lab.log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("connections that say nothing, or half of it, keep nobody else from being answered, and go", async () => {
  await using api = await openApiLab();
  const [host = "", port = ""] = api.address.split(":");
  const idle = Array.from({ length: 100 }, (_, index) => {
    const socket = connect(Number(port), host, () => {
      if (index % 2 === 0)
        socket.write(`POST ${API}/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    });
    socket.on("error", () => undefined);
    return socket;
  });
  try {
    for (let call = 0; call < 10; call++) expect((await api.call("GET", `${API}/status`)).status).toBe(200);
  } finally {
    for (const socket of idle) socket.destroy();
  }
  expect(api.lab.keeper.current).toBeUndefined();
});

test("who does not come to the end of a request is let go of", async () => {
  await using api = await openApiLab({ timeouts: { requestTimeoutMs: 200 } });
  const beganMs = performance.now();
  const half = sendRaw(api.address, `POST ${API}/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
  const head = sendRaw(api.address, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  for (const answer of await Promise.all([half, head])) expect(answer === "" || answer.startsWith("HTTP/1.1 408 ")).toBe(true);
  expect(performance.now() - beganMs).toBeLessThan(2000);
});

test("a report that takes longer than a connection may be still arrives", async () => {
  const report = () => new Promise<string>((resolve) => setTimeout(resolve, 500, "late"));
  await using api = await openApiLab({ report, timeouts: { stallTimeoutMs: 100 } });
  await api.call("POST", `${API}/runs`, { name: "r" });
  const both = await Promise.all([api.call("GET", `${API}/runs/current/report.md`), api.call("GET", `${API}/runs/current/report.md`)]);
  expect(both.map(({ text: told }) => told)).toEqual(["late", "late"]);
});
