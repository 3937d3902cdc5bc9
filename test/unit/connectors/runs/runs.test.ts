import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runs } from "../../../../collector/connectors/runs/runs.ts";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Batch } from "../../../../collector/model/batch.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";
import { Rejected } from "../../../../collector/pipeline/sink.ts";
import { reportSchema } from "../../../../collector/report/report-schema.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { SpanIds } from "../../../../collector/wire/witness/span-ids.ts";
import { witnessBatches } from "../../../../collector/wire/witness/witness-batches.ts";
import { readRunEvents } from "../../../../exporters/grafana_annotations/read-run-events.ts";
import { basket, handReceiver, logs, openRiver, RESOURCE, type River, span, spans } from "../../pipeline/river.ts";

const HOST_IDENTITY = {
  hop: "host",
  name: "host",
  format: "procfs",
  durationMeans: "",
  correction: "unknown",
  survivorsOnly: "unknown",
  limits: [],
} as const;

interface RunsRiver extends River, AsyncDisposable {
  readonly directory: string;
  readonly url: string;
  readonly hand: ReturnType<typeof handReceiver>;
  readonly told: ReturnType<typeof basket>;
  post(path: string, body?: object): Promise<{ readonly id: string }>;
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "pitwall-runs-"));
}

async function openRuns(keys: object = {}, directory = temporaryFolder(), answer?: Parameters<typeof basket>[0]): Promise<RunsRiver> {
  const hand = handReceiver();
  const told = basket(answer);
  const config = runs.config.parse({ endpoint: "127.0.0.1:0", directory, ...keys });
  const river = await openRiver({
    receivers: { hand: hand.definition },
    connectors: { runs: { definition: runs, config } },
    exporters: { told: told.definition },
    pipelines: [
      { id: "traces", receivers: ["hand"], exporters: ["runs"] },
      { id: "metrics", receivers: ["hand"], exporters: ["runs"] },
      { id: "logs", receivers: ["hand"], exporters: ["runs"] },
      { id: "metrics/runs", receivers: ["runs"], exporters: ["told"] },
      { id: "logs/runs", receivers: ["runs"], exporters: ["told"] },
    ],
  });
  const address = river.around.listens[0]?.split(" ").at(-1);
  const url = `http://${address}/api/v1`;
  return {
    ...river,
    directory,
    url,
    hand,
    told,
    async post(path, body) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as { readonly id: string };
    },
    async [Symbol.asyncDispose]() {
      await river.collector[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Requests that a server answered a second ago. */
function serverSpans(count: number): Batch {
  const endUnixNano = unixNanoFromMs(Date.now() - 1000);
  const attributes = Attributes.from({ "http.request.method": "GET", "http.route": "/api/works", "http.response.status_code": 200 });
  const resource = { ...RESOURCE, attributes: Attributes.from({ "service.name": "api", "service.instance.id": "a-1" }) };
  return batchOf(
    "traces",
    Array.from({ length: count }, (_, index) =>
      span("GET /api/works", {
        resource,
        attributes,
        startUnixNano: endUnixNano - 5_000_000n,
        endUnixNano,
        traceId: (index + 1).toString(16).padStart(32, "0"),
        spanId: (index + 1).toString(16).padStart(16, "0"),
      }),
    ),
  );
}

test("what arrives while a run is open is in its ledger, and the collector tells of the run", async () => {
  await using river = await openRuns();
  await river.hand.push(serverSpans(5));
  const { id } = await river.post("/runs", { name: "spike", labels: { team: "works" } });
  await river.hand.push(serverSpans(3));
  await river.post("/marks", { text: "fault" });
  const progress = (await (await fetch(`${river.url}/runs/current/progress`)).json()) as { readonly hops: readonly object[] };
  expect(progress.hops).toMatchObject([{ hop: "application", requests: 3, failures: 0 }]);
  await river.post("/runs/current/end");
  await river.hand.push(serverSpans(2));

  const ledger = readLedger(join(river.directory, `${id}.sqlite`));
  expect(ledger.run).toMatchObject({ state: "closed", name: "spike" });
  expect(ledger.cells.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(ledger.endpoints.map(({ canonical }) => canonical)).toEqual(["GET /api/works"]);
  const events = river.told.taken.flatMap(readRunEvents);
  expect(events).toContainEqual(expect.objectContaining({ kind: "mark", runId: id, text: "fault" }));
  expect(events.findLast((event) => event.kind === "span")).toMatchObject({ runId: id, phase: "", isActive: false });
  expect(river.around.ledger.exportedRows()).toContainEqual({ signal: "traces", component: "runs", items: 10 });
});

test("a run is reported in every form, while it is open and afterwards", async () => {
  await using river = await openRuns();
  const { id } = await river.post("/runs", { name: "<b>spike</b>", gates: [{ expression: "p95 < 2000ms" }] });
  await river.hand.push(serverSpans(40));
  const ask = async (form: string) => await fetch(`${river.url}/runs/${id}/report.${form}`);
  const open = reportSchema.parse(await (await ask("json")).json());
  expect(open.run).toMatchObject({ id, state: "open" });
  await river.post("/runs/current/end");
  const closed = reportSchema.parse(await (await ask("json")).json());
  expect(closed.run.state).toBe("closed");
  expect(closed.hops.find(({ hop }) => hop === "application")?.stream?.requests).toBe(40);
  const html = await ask("html");
  const page = await html.text();
  expect(page).toContain(id);
  expect(page).not.toContain("<b>spike</b>");
  expect(html.headers.get("content-security-policy")).toContain("sandbox allow-scripts");
  expect((await (await ask("md")).text()).replaceAll("\\", "")).toContain(id);
});

test("a run that is open when the collector stops is closed in order", async () => {
  const directory = temporaryFolder();
  const river = await openRuns({}, directory);
  const { id } = await river.post("/runs", { name: "cut" });
  await river.hand.push(serverSpans(3));
  await river.collector[Symbol.asyncDispose]();
  const ledger = readLedger(join(directory, `${id}.sqlite`));
  expect(ledger).toMatchObject({ run: { state: "closed" }, marks: [{ text: "collector stopped before the load had ended", kind: "system" }] });
  expect(ledger.cells.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(readdirSync(directory)).toEqual([`${id}.sqlite`]);
  expect(river.told.taken.flatMap(readRunEvents).findLast((event) => event.kind === "span")).toMatchObject({ isActive: false });
  expect(river.around.ledger.balances().map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
  rmSync(directory, { recursive: true });
});

test("a run that is open when another configuration is opened says so", async () => {
  const directory = temporaryFolder();
  const river = await openRuns({}, directory);
  const { id } = await river.post("/runs", { name: "cut" });
  river.around.isReloading = () => true;
  await river.collector[Symbol.asyncDispose]();
  const { run, marks } = readLedger(join(directory, `${id}.sqlite`));
  expect(run.state).toBe("closed");
  expect(marks.map(({ text }) => text)).toEqual(["collector reloaded its configuration before the load had ended: this recording ends here"]);
  rmSync(directory, { recursive: true });
});

test("what an exporter loses is told as lost elsewhere, what is lost on the way to the run is not", async () => {
  const reject = (batch: Batch) => Promise.reject(new Rejected("no", { items: batch.count, reason: "out_of_order" }));
  await using river = await openRuns({}, temporaryFolder(), reject);
  const { id } = await river.post("/runs", { name: "spike" });
  await river.post("/marks", { text: "one" });
  river.around.ledger.dropped("hand", "too_large", "traces", 3);
  await river.post("/runs/current/end");
  const { losses } = readLedger(join(river.directory, `${id}.sqlite`));
  expect(losses).toContainEqual({ component: "hand", signal: "traces", reason: "too_large", items: 3 });
  const elsewhere = losses.filter(({ component }) => component === "told");
  expect(elsewhere.map(({ signal }) => signal).sort()).toEqual(["logs", "metrics"]);
  expect(elsewhere.every(({ concerns, reason }) => concerns === "elsewhere" && reason === "out_of_order")).toBe(true);
});

test("endpoints are named by the rules of the configuration whoever reads the ledger later", async () => {
  await using river = await openRuns({ endpoints: [{ match: "^/api/works$", as: "/all works" }] });
  const { id } = await river.post("/runs", { name: "spike" });
  await river.hand.push(serverSpans(1));
  await river.post("/runs/current/end");
  expect(readLedger(join(river.directory, `${id}.sqlite`)).endpoints).toMatchObject([{ canonical: "GET /all works", by: "rule" }]);
});

test("a watched process that restarts is a mark of the run, and told of", async () => {
  await using river = await openRuns();
  const { id } = await river.post("/runs", { name: "spike" });
  const note = { kind: "note", code: "process_changed", text: "api: pid 12 ended, pid 40 began" } as const;
  const identity = { ...HOST_IDENTITY, instance: "lab", runId: "" };
  for (const batch of witnessBatches(identity, [note], { readUnixNano: unixNanoFromMs(Date.now()), ids: new SpanIds("lab") }))
    await river.hand.push(batch);
  await river.post("/runs/current/end");
  expect(readLedger(join(river.directory, `${id}.sqlite`)).marks).toMatchObject([{ text: note.text, kind: "system" }]);
  expect(river.told.taken.flatMap(readRunEvents)).toContainEqual(expect.objectContaining({ kind: "mark", runId: id, text: note.text }));
});

test("a run whose collector died is abandoned for the next one, which can open another and report the first", async () => {
  const directory = temporaryFolder();
  const id = "20260512-045100-died-0000";
  const script = `
    import { openLedgerFile } from ${JSON.stringify(join(process.cwd(), "collector/run/ledger/open-ledger-file.ts"))};
    import { NO_CONDITIONS } from ${JSON.stringify(join(process.cwd(), "collector/model/run.ts"))};
    const file = openLedgerFile(${JSON.stringify(join(directory, `${id}.sqlite`))});
    file.saveRun({ id: ${JSON.stringify(id)}, name: "died", labels: {}, state: "open", startUnixMs: 1778561460000, conditions: NO_CONDITIONS, gates: [] });
    process.kill(process.pid, "SIGKILL");`;
  expect(() => execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" })).toThrow();
  await using river = await openRuns({}, directory);
  const find = async (word: string) => (await (await fetch(`${river.url}/runs/${word}`)).json()) as object;
  expect(await find(id)).toMatchObject({ id, state: "abandoned" });
  const next = await river.post("/runs", { name: "next" });
  expect(await find("latest")).toMatchObject({ id: next.id, state: "open" });
  const response = await fetch(`${river.url}/runs/${id}/progress`);
  expect({ status: response.status, body: await response.json() }).toMatchObject({ status: 409, body: { error: { code: "run_not_open" } } });
});

test("pushes are taken at once, with and without a run", async () => {
  const river = await openRuns();
  await using _ = river;
  let answered = 0;
  void river.hand.push(spans(1)).then(() => answered++);
  void river.hand.push(logs(1)).then(() => answered++);
  await Promise.resolve().then(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toBe(2);
});

test("a port that is taken stops the collector, or is warned of where the config says so", async () => {
  const holder: Server = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const endpoint = `127.0.0.1:${(holder.address() as { port: number }).port}`;
  await expect(openRuns({ endpoint })).rejects.toMatchObject({ code: "E_PORT_IN_USE", message: expect.stringContaining(endpoint) });
  await using river = await openRuns({ endpoint, on_port_in_use: "warn" });
  expect(river.around.listens).toEqual([]);
  expect(river.around.log.lines).toContainEqual(
    expect.objectContaining({ level: "warn", message: expect.stringMatching(/is already in use.*: no load runs are recorded by this collector$/) }),
  );
  await river.hand.push(spans(2));
  expect(river.around.ledger.balance("traces")).toMatchObject({ received: 2, exported: 2 });
  holder.close();
});

test("beyond this machine it wants a token", async () => {
  await expect(openRuns({ endpoint: "0.0.0.0:0" })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
  await using river = await openRuns({ endpoint: "0.0.0.0:0", token: "t" });
  const { port } = new URL(river.url);
  const ask = async (headers: Readonly<Record<string, string>>) => (await fetch(`http://127.0.0.1:${port}/api/v1/status`, { headers })).status;
  expect([await ask({}), await ask({ authorization: "Bearer t" })]).toEqual([401, 200]);
});

test("a config with mistakes is told with its places", () => {
  const issues = runs.config.safeParse({ keep: 0, endpoints: [{ match: "(", as: "/x" }], directory: "", tokens: "x" }).error?.issues ?? [];
  expect(issues.map(({ path, code }) => `${path.join(".")} ${code}`).sort()).toEqual([
    " unrecognized_keys",
    "directory too_small",
    "endpoints custom",
    "keep too_small",
  ]);
  expect(runs.config.parse({})).toMatchObject({
    endpoint: { host: "127.0.0.1", port: 4319 },
    directory: ".pitwall/runs",
    keep: 100,
    endpoints: [],
    on_port_in_use: "fail",
  });
});
