import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { LoadError } from "../../../../collector/model/errors.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import { openApiLab } from "./api-lab.ts";

const NEW = { name: "spike", labels: { team: "works" } };

test("a run is opened, changed, marked and ended, and is in its ledger then", async () => {
  await using api = await openApiLab();
  const created = await api.call("POST", "/api/v1/runs", { ...NEW, gates: [{ expression: "p95 < 2s" }] });
  expect(created.status).toBe(201);
  const { id } = created.json;
  expect(created.headers.get("location")).toBe(`/api/v1/runs/${id}`);
  expect(created.json).toMatchObject({ state: "open", name: "spike", gates: [{ expression: "p95 < 2s", phase: "", source: "api" }] });
  const loadStartUnixMs = api.lab.nowMs;
  expect((await api.call("PATCH", `/api/v1/runs/${id}`, { loadStartUnixMs })).json).toMatchObject({ loadStartUnixMs });
  expect((await api.call("PATCH", "/api/v1/runs/current", { exit: { code: null, signal: "SIGINT" } })).json).toMatchObject({
    loadStartUnixMs,
    exit: { code: null, signal: "SIGINT" },
  });
  expect(await api.call("POST", `/api/v1/runs/${id}/marks`, { text: " one " })).toMatchObject({ status: 201, json: { text: "one", kind: "user" } });
  expect((await api.call("POST", "/api/v1/marks", { text: "two", labels: { a: "b" }, kind: "system" })).status).toBe(201);
  const progress = await api.call("GET", "/api/v1/runs/current/progress");
  expect(progress).toMatchObject({ status: 200, json: { run: { id }, marks: 2, hops: [], witnesses: [], losses: [] } });
  expect(progress.json.sizeBytes).toBeGreaterThan(0);
  expect((await api.call("GET", "/api/v1/status")).json).toMatchObject({ version: "1.2.3", run: { id, state: "open" } });
  expect(await api.call("POST", `/api/v1/runs/${id}/end`)).toMatchObject({ status: 200, json: { id, state: "closed" } });
  expect((await api.call("GET", "/api/v1/status")).json.run).toBeNull();
  const { run, marks } = readLedger(api.lab.store.path(id));
  expect(run).toMatchObject({ id, state: "closed", labels: { team: "works" }, exit: { code: null, signal: "SIGINT" } });
  expect(marks.map(({ text, kind }) => `${kind} ${text}`)).toEqual(["user one", "system two"]);
});

test("runs are listed newest first, and found by id, as current and as latest", async () => {
  await using api = await openApiLab();
  const ids: string[] = [];
  for (const name of ["a", "b"]) {
    ids.push((await api.call("POST", "/api/v1/runs", { name })).json.id);
    api.lab.nowMs += 1000;
    await api.call("POST", "/api/v1/runs/current/end", {});
  }
  const list = await api.call("GET", "/api/v1/runs");
  expect(list.json.runs.map((run: { id: string }) => run.id)).toEqual(ids.toReversed());
  expect(list.json.runs[0]).not.toHaveProperty("conditions");
  expect((await api.call("GET", "/api/v1/runs/latest")).json.id).toBe(ids[1]);
  expect((await api.call("GET", `/api/v1/runs/${ids[0]}`)).json).toMatchObject({ id: ids[0], state: "closed", conditions: { config: "" } });
  expect(await api.call("GET", "/api/v1/runs/current")).toMatchObject({
    status: 404,
    json: { error: { code: "run_not_found", message: "no run is open" } },
  });
});

test("what does not fit the state is a conflict that names it", async () => {
  await using api = await openApiLab();
  const conflict = (code: string) => ({ status: 409, json: { error: { code } } });
  expect(await api.call("POST", "/api/v1/marks", { text: "x" })).toMatchObject(conflict("no_open_run"));
  expect(await api.call("POST", "/api/v1/runs/current/end")).toMatchObject(conflict("no_open_run"));
  expect(await api.call("PATCH", "/api/v1/runs/current", {})).toMatchObject(conflict("no_open_run"));
  const { id } = (await api.call("POST", "/api/v1/runs", NEW)).json;
  const second = await api.call("POST", "/api/v1/runs", NEW);
  expect(second).toMatchObject(conflict("run_open"));
  expect(second.json.error.message).toContain(id);
  await api.call("POST", `/api/v1/runs/${id}/end`);
  for (const [method, path, body] of [
    ["POST", "end", {}],
    ["POST", "marks", { text: "x" }],
    ["GET", "progress", undefined],
  ] as const) {
    expect(await api.call(method, `/api/v1/runs/${id}/${path}`, body)).toMatchObject(conflict("run_not_open"));
  }
  expect(await api.call("PATCH", `/api/v1/runs/${id}`, {})).toMatchObject(conflict("run_not_open"));
});

test("an unknown run is told with those that come near", async () => {
  await using api = await openApiLab({ suffix: () => "3f2a" });
  expect(await api.call("GET", "/api/v1/runs/latest")).toMatchObject({ status: 404, json: { error: { message: "there is no run yet" } } });
  await api.call("POST", "/api/v1/runs", NEW);
  const { status, json } = await api.call("GET", "/api/v1/runs/20260512-045100-spike-3f2b");
  expect(status).toBe(404);
  expect(json.error).toEqual({
    code: "run_not_found",
    message: 'there is no run "20260512-045100-spike-3f2b"',
    hint: "Did you mean 20260512-045100-spike-3f2a?",
  });
});

test.each([
  ["no name", {}, "invalid_body", "name"],
  ["an empty name", { name: "  " }, "invalid_body", "name"],
  ["a name too long", { name: "a".repeat(257) }, "invalid_body", "name"],
  ["a number as name", { name: 1 }, "invalid_body", "name"],
  ["an unknown key", { name: "a", lables: {} }, "unknown_key", "lables"],
  ["an unknown key further in", { name: "a", conditions: { os: "" } }, "unknown_key", "conditions.os"],
  ["a label that is no text", { name: "a", labels: { team: 1 } }, "invalid_body", "labels.team"],
  ["a label's value too long", { name: "a", labels: { team: "b".repeat(257) } }, "invalid_body", "labels.team"],
  ["33 labels", { name: "a", labels: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`l${index}`, ""])) }, "invalid_body", "labels"],
  ["a key of a label too long", { name: "a", labels: { ["k".repeat(257)]: "" } }, "invalid_body", `labels.${"k".repeat(80)}…`],
  ["a time in nanoseconds", { name: "a", phases: [{ name: "p", startUnixMs: 1.7e18, endUnixMs: 1.7e18 }] }, "invalid_body", "phases[0].startUnixMs"],
  ["a phase that ends before it starts", { name: "a", phases: [{ name: "p", startUnixMs: 2, endUnixMs: 1 }] }, "invalid_body", "phases[0].endUnixMs"],
  ["a list", [], "invalid_body", ""],
])("%s is a 400 that names the field", async (_what, body, code, field) => {
  await using api = await openApiLab();
  const { status, json } = await api.call("POST", "/api/v1/runs", body);
  expect({ status, code: json.error.code, field: json.error.field }).toEqual({ status: 400, code, field });
  expect(json.error.message.length).toBeGreaterThan(5);
  expect(json.error.hint).toMatch(/\w/);
  expect(readdirSync(api.lab.directory)).toEqual([]);
});

test("times that cannot be are a 400", async () => {
  await using api = await openApiLab();
  await api.call("POST", "/api/v1/runs", NEW);
  expect(await api.call("POST", "/api/v1/marks", { text: "x", timeUnixMs: 1 })).toMatchObject({
    status: 400,
    json: { error: { code: "time_outside_run", field: "timeUnixMs" } },
  });
  const { nowMs } = api.lab;
  expect(await api.call("PATCH", "/api/v1/runs/current", { loadStartUnixMs: nowMs, loadEndUnixMs: nowMs - 1 })).toMatchObject({
    status: 400,
    json: { error: { code: "load_ends_early", field: "loadEndUnixMs" } },
  });
});

test("keys of prototypes reach nothing: __proto__ is refused at any depth, constructor is a label like any other", async () => {
  await using api = await openApiLab();
  for (const body of [
    '{"name":"a","__proto__":{"x":1}}',
    '{"name":"a","labels":{"__proto__":"x"}}',
    '{"name":"a","phases":[{"x":[{"__proto__":1}]}]}',
  ]) {
    expect(await api.call("POST", "/api/v1/runs", body)).toMatchObject({ status: 400, json: { error: { code: "unknown_key", field: "__proto__" } } });
  }
  const made = await api.call("POST", "/api/v1/runs", '{"name":"a","labels":{"constructor":"x","toString":"y"}}');
  expect(made.json.labels).toEqual({ constructor: "x", toString: "y" });
  expect(readLedger(api.lab.store.path(made.json.id)).run.labels).toEqual({ constructor: "x", toString: "y" });
  expect(({} as { x?: unknown }).x).toBeUndefined();
});

test("a body that is no JSON, too deep, too large or of another type", async () => {
  await using api = await openApiLab();
  const post = (body: string, headers: Readonly<Record<string, string>> = {}) => api.call("POST", "/api/v1/runs", body, headers);
  expect(await post("{")).toMatchObject({ status: 400, json: { error: { code: "invalid_json" } } });
  expect(await post("[".repeat(100_000))).toMatchObject({ status: 400 });
  expect(await post(`{"name":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)).toMatchObject({ status: 400, json: { error: { field: "name" } } });
  expect(await post(JSON.stringify({ name: "a", x: "y".repeat(262_144) }))).toMatchObject({ status: 413, json: { error: { code: "too_large" } } });
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json; charset=latin1"]) {
    expect(await post('{"name":"a"}', { "content-type": type }), type).toMatchObject({
      status: 415,
      json: { error: { code: "unsupported_media_type" } },
    });
  }
  expect(await post('{"name":"a"}', { "content-encoding": "gzip" })).toMatchObject({ status: 415 });
  expect(await api.call("POST", "/api/v1/runs")).toMatchObject({ status: 400 });
  // None of them has opened a run, and the server still answers.
  expect((await api.call("GET", "/api/v1/status")).json.run).toBeNull();
});

test("a path or method that is not there", async () => {
  await using api = await openApiLab();
  expect(await api.call("GET", "/api/v2/status")).toMatchObject({ status: 404, json: { error: { code: "not_found" } } });
  const { status, headers, json } = await api.call("DELETE", "/api/v1/runs/current");
  expect({ status, allow: headers.get("allow"), code: json.error.code }).toEqual({
    status: 405,
    allow: "GET, HEAD, PATCH",
    code: "method_not_allowed",
  });
  expect(await api.call("GET", "/api/v1/runs/%E0%A4%A")).toMatchObject({ status: 400, json: { error: { code: "bad_request" } } });
});

test.each(["..%2f..%2fetc%2fpasswd", "..%5c..%5cwindows", "%2e%2e%2fother", "a%00b", "%2Fetc%2Fpasswd", "CON", ".copy-1"])(
  "no path hides in an id: %s",
  async (word) => {
    await using api = await openApiLab();
    writeFileSync(join(api.lab.directory, "..", "other.sqlite"), "");
    for (const path of ["", "/report", "/ledger", "/progress"]) {
      expect(await api.call("GET", `/api/v1/runs/${word}${path}`)).toMatchObject({ status: 404, json: { error: { code: "run_not_found" } } });
    }
  },
);

test("a report comes in the form that Accept or the path asks for", async () => {
  await using api = await openApiLab();
  const { id } = (await api.call("POST", "/api/v1/runs", NEW)).json;
  const ask = async (path: string, accept?: string) => {
    const { status, headers, text } = await api.call("GET", `/api/v1/runs/${id}/${path}`, undefined, accept === undefined ? {} : { accept });
    return `${status} ${headers.get("content-type")} ${text.slice(0, 16)}`;
  };
  expect(await ask("report")).toBe("200 application/json; charset=utf-8 json of /tmp/pit");
  expect(await ask("report", "text/html,application/xhtml+xml,*/*;q=0.8")).toBe("200 text/html; charset=utf-8 html of /tmp/pit");
  expect(await ask("report", "text/markdown")).toBe("200 text/markdown; charset=utf-8 markdown of /tmp");
  expect(await ask("report", "image/png")).toBe('406 application/json; charset=utf-8 {"error":{"code"');
  expect(await ask("report.json", "text/html")).toBe("200 application/json; charset=utf-8 json of /tmp/pit");
  expect(await ask("report.html")).toBe("200 text/html; charset=utf-8 html of /tmp/pit");
  expect(await ask("report.md")).toBe("200 text/markdown; charset=utf-8 markdown of /tmp");
  // What the recorder still held is in the ledger before it is read.
  expect(api.lab.recorders[0]?.told).toContain("flush");
});

test("every answer forbids caching, sniffing and framing; the HTML report has a policy of its own", async () => {
  await using api = await openApiLab();
  await api.call("POST", "/api/v1/runs", NEW);
  for (const path of ["/", "/api/v1/status", "/api/v1/runs/latest/report.html", "/nothing"]) {
    const { headers } = await api.call("GET", path);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
  expect((await api.call("GET", "/api/v1/runs/latest/report.html")).headers.get("content-security-policy")).toMatch(/; sandbox allow-scripts$/);
});

test("the ledger of an open run is a whole database by itself, and its copy is gone afterwards", async () => {
  await using api = await openApiLab();
  const { id } = (await api.call("POST", "/api/v1/runs", NEW)).json;
  await api.call("POST", "/api/v1/marks", { text: "one" });
  const response = await fetch(`${api.url}/api/v1/runs/current/ledger`);
  expect(response.headers.get("content-type")).toBe("application/vnd.sqlite3");
  expect(response.headers.get("content-disposition")).toBe(`attachment; filename=${id}.sqlite`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(bytes.length).toBe(Number(response.headers.get("content-length")));
  const copy = join(api.lab.directory, "copy.db");
  writeFileSync(copy, bytes);
  expect(new DatabaseSync(copy).prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  expect(new DatabaseSync(copy).prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
  expect(readLedger(copy)).toMatchObject({ run: { id }, marks: [{ text: "one" }] });
  await expect.poll(() => readdirSync(api.lab.directory).filter((name) => name.startsWith(".copy"))).toEqual([]);
  // The run goes on.
  expect((await api.call("POST", "/api/v1/marks", { text: "two" })).status).toBe(201);
});

test("no copy is made where the disk has no room for it", async () => {
  await using api = await openApiLab();
  await api.call("POST", "/api/v1/runs", NEW);
  api.lab.freeBytes = 50_000_001;
  expect(await api.call("GET", "/api/v1/runs/current/ledger")).toMatchObject({ status: 503, json: { error: { code: "disk_full" } } });
});

test("a ledger that cannot be read is a 503 with the reason, and does not hide the other runs", async () => {
  await using api = await openApiLab();
  await api.call("POST", "/api/v1/runs", NEW);
  writeFileSync(join(api.lab.directory, "broken.sqlite"), "no database at all, but long enough to be looked at".repeat(50));
  expect(await api.call("GET", "/api/v1/runs/broken")).toMatchObject({ status: 503, json: { error: { code: "ledger_unavailable" } } });
  expect((await api.call("GET", "/api/v1/runs")).json.runs).toHaveLength(1);
  expect((await api.call("GET", "/")).status).toBe(200);
});

test("a fault is a 500 without its details, which the log has", async () => {
  await using api = await openApiLab({
    report: () => Promise.reject(new TypeError("secret of the house")),
  });
  await api.call("POST", "/api/v1/runs", NEW);
  const { status, text } = await api.call("GET", "/api/v1/runs/current/report");
  expect(status).toBe(500);
  expect(text).not.toContain("secret of the house");
  expect(api.lab.log.lines.some(({ fields }) => String((fields as { err?: unknown }).err).includes("secret of the house"))).toBe(true);
  expect((await api.call("GET", "/api/v1/status")).status).toBe(200);
});

test("a disk that is full is told when a run is opened", async () => {
  await using api = await openApiLab();
  api.lab.freeBytes = 1000;
  expect(await api.call("POST", "/api/v1/runs", NEW)).toMatchObject({ status: 503, json: { error: { code: "ledger_unavailable" } } });
});

test("reports are made one after another, and not without end", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let atOnce = 0;
  let most = 0;
  await using api = await openApiLab({
    async copy(_path, to) {
      atOnce++;
      most = Math.max(most, atOnce);
      await promise;
      writeFileSync(to, "x");
      atOnce--;
    },
  });
  await api.call("POST", "/api/v1/runs", NEW);
  const answered: number[] = [];
  const asked = Array.from({ length: 12 }, async () => {
    const called = await api.call("GET", "/api/v1/runs/current/ledger");
    answered.push(called.status);
    return called;
  });
  await expect.poll(() => answered).toEqual([503, 503, 503, 503]);
  resolve();
  const statuses = (await Promise.all(asked)).map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 503, 503, 503, 503]);
  expect(most).toBe(1);
});

test("the page shows the runs as text, without a script", async () => {
  await using api = await openApiLab();
  expect((await api.call("GET", "/")).text).toContain("No run has been recorded yet");
  const { id } = (await api.call("POST", "/api/v1/runs", { name: '<script>alert("x")</script>', labels: { "a&b": "'" } })).json;
  const { text, headers } = await api.call("GET", "/");
  expect(text).toContain(`href="/api/v1/runs/${id}/report.html"`);
  expect(text).not.toMatch(/<script|alert\("/);
  expect(text).toContain("&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;");
  expect(text).toContain("a&#38;b=&#39;");
  expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*'; frame-ancestors 'none'/);
});

test("HEAD is answered like GET without a body", async () => {
  await using api = await openApiLab();
  await api.call("POST", "/api/v1/runs", NEW);
  for (const path of ["/", "/api/v1/status", "/api/v1/runs/current/ledger"])
    expect(await api.call("HEAD", path), path).toMatchObject({ status: 200, text: "" });
});

test("a damaged ledger is told when its report is asked for", async () => {
  await using api = await openApiLab({
    report: () => Promise.reject(new LoadError("E_LEDGER", "The ledger x: it is damaged.")),
  });
  await api.call("POST", "/api/v1/runs", NEW);
  expect(await api.call("GET", "/api/v1/runs/current/report")).toMatchObject({
    status: 503,
    json: { error: { message: "The ledger x: it is damaged." } },
  });
});
