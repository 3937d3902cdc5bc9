import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FREE_PORTS, jsonLines, oneSpan, PitwallProcess, postTraces, runPitwall, temporaryFolder } from "./pitwall-process.ts";

const SEED = "test/fixtures/config/seed-debug.yaml";
const HTTP_ONLY = (exporters: string): string => `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
exporters: ${exporters}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [${/^\{\s*([a-z_]+)/.exec(exporters)?.[1]}]}}
`;

test("the seed's configuration runs: what is sent is printed in full on stdout, and the loss ledger balances at the end", async () => {
  await using pitwall = new PitwallProcess(["--config", SEED, "--log-format", "json", ...FREE_PORTS]);
  const endpoints = await pitwall.ready();
  expect(Object.keys(endpoints).sort()).toEqual(["otlp.grpc", "otlp.http", "telemetry.metrics"]);
  for (const address of Object.values(endpoints)) expect(address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  expect((await postTraces(endpoints["otlp.http"] as string, oneSpan("checkout"))).status).toBe(200);
  await pitwall.until(({ stdout }) => (stdout.includes("GET /works") && stdout.includes("service.name: Str(checkout)") ? true : undefined));
  const { code, stderr } = await pitwall.stop("SIGTERM");
  expect(code).toBe(0);
  const ledger = jsonLines(stderr).find(({ msg }) => msg === "ledger");
  expect(ledger).toMatchObject({ ledger: { traces: { received: 1, copied: 0, exported: 1, dropped: 0, inFlight: 0 } }, losses: [], balanced: true });
});

test("the ready line is one line of JSON on stderr, and every line beside it is JSON too", async () => {
  await using pitwall = new PitwallProcess(["--config", SEED, "--log-format=json", ...FREE_PORTS]);
  await pitwall.ready();
  const { stderr, stdout } = await pitwall.stop();
  const lines = stderr.trim().split("\n");
  expect(lines).toHaveLength(jsonLines(stderr).length);
  expect(stdout).toBe("");
});

test("people see what listens, which signals go where, how to point an SDK at it, and the ledger as a table", async () => {
  await using pitwall = new PitwallProcess(["start", "--config", SEED, ...FREE_PORTS]);
  const http = await pitwall.until(({ stderr }) => /OTLP_ENDPOINT=http:\/\/(\S+) OTEL_EXPORTER_OTLP_PROTOCOL=http/.exec(stderr)?.[1]);
  await postTraces(http, oneSpan("checkout"));
  const { stderr, code } = await pitwall.stop("SIGINT");
  expect(code).toBe(0);
  const said = stderr
    .replace(/^.*this seems to be a container.*\n/gm, "")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .replace(/^\d\d:\d\d:\d\d\.\d{3}/gm, "HH:MM:SS.mmm")
    .replace(/Pitwall \d+\.\d+\.\d+/, "Pitwall X.Y.Z");
  await expect(said).toMatchFileSnapshot("../golden/cli/banner.txt");
});

test("the self metrics of the ready line answer", async () => {
  await using pitwall = new PitwallProcess(["--config", SEED, "--log-format", "json", ...FREE_PORTS]);
  const endpoints = await pitwall.ready();
  await postTraces(endpoints["otlp.http"] as string, oneSpan("checkout"));
  const text = await (await fetch(`http://${endpoints["telemetry.metrics"]}/metrics`)).text();
  expect(text).toMatch(/^otelcol_receiver_accepted_spans(_total)?\{.*\} 1$/m);
});

test("a port in use ends with 69, the address, and what to do", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  const { code, stderr } = await runPitwall(["--config", SEED, ...FREE_PORTS, "--set", `receivers.otlp.protocols.http.endpoint=127.0.0.1:${port}`]);
  holder.close();
  expect(code).toBe(69);
  expect(stderr).toContain("error E_PORT_IN_USE");
  expect(stderr).toContain(`127.0.0.1:${port}`);
});

test("K-11 SIGHUP reloads: a valid configuration takes over, an invalid one changes nothing, counters go on", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "c.yaml");
  writeFileSync(file, HTTP_ONLY("{nop: }"));
  await using pitwall = new PitwallProcess(["--config", file, "--log-format", "json"]);
  const first = (await pitwall.ready(1))["otlp.http"] as string;
  await postTraces(first, oneSpan("a"));

  writeFileSync(file, HTTP_ONLY("{nop: {typo: 1}}"));
  pitwall.child.kill("SIGHUP");
  const refused = await pitwall.until(({ stderr }) => jsonLines(stderr).find(({ level }) => level === "error"));
  expect(refused).toMatchObject({
    msg: "the new configuration is not valid; the old one stays",
    problems: [{ path: "exporters::nop", message: 'unknown key "typo"' }],
  });
  expect((await postTraces(first, oneSpan("a"))).status).toBe(200);

  writeFileSync(file, HTTP_ONLY("{debug: {verbosity: detailed}}"));
  pitwall.child.kill("SIGHUP");
  const second = (await pitwall.ready(2))["otlp.http"] as string;
  expect((await postTraces(second, oneSpan("after-reload"))).status).toBe(200);
  await pitwall.until(({ stdout }) => (stdout.includes("after-reload") ? true : undefined));
  const { code, stderr } = await pitwall.stop();
  expect(code).toBe(0);
  expect(jsonLines(stderr).find(({ msg }) => msg === "ledger")).toMatchObject({
    ledger: { traces: { received: 3, exported: 3, inFlight: 0 } },
    balanced: true,
  });
});

test("a reload that cannot be opened goes back to the configuration before", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "c.yaml");
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  writeFileSync(file, HTTP_ONLY("{nop: }"));
  await using pitwall = new PitwallProcess(["--config", file, "--log-format", "json"]);
  await pitwall.ready(1);
  writeFileSync(file, HTTP_ONLY("{nop: }").replace("127.0.0.1:0", `127.0.0.1:${(holder.address() as AddressInfo).port}`));
  pitwall.child.kill("SIGHUP");
  const back = (await pitwall.ready(2))["otlp.http"] as string;
  expect(jsonLines(pitwall.stderr).some(({ msg }) => msg === "the new configuration could not be opened; going back to the old one")).toBe(true);
  expect((await postTraces(back, oneSpan("a"))).status).toBe(200);
  expect((await pitwall.stop()).code).toBe(0);
  holder.close();
});

test("--log-level and --quiet keep the ready line and the ledger of the JSON form", async () => {
  await using pitwall = new PitwallProcess(["--config", SEED, "--log-format", "json", "--log-level", "error", "--quiet", ...FREE_PORTS]);
  await pitwall.ready();
  const { stderr } = await pitwall.stop();
  expect(jsonLines(stderr).map(({ msg }) => msg)).toEqual(["ready", "ledger"]);
});

test("two signals at the same moment are one request: what is held is delivered", async () => {
  await using pitwall = new PitwallProcess(["--config", SEED, "--log-format", "json", ...FREE_PORTS]);
  await pitwall.ready();
  pitwall.child.kill("SIGINT");
  expect((await pitwall.stop("SIGINT")).code).toBe(0);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s twice ends at once with %i", async (signal, code) => {
  using folder = temporaryFolder();
  const file = join(folder.path, "c.yaml");
  // A target that takes the connection and never answers: draining lasts until its time is over.
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  writeFileSync(file, HTTP_ONLY(`{otlp_http: {endpoint: "http://127.0.0.1:${(silent.address() as AddressInfo).port}"}}`));
  await using pitwall = new PitwallProcess(["--config", file, "--log-format", "json"]);
  await postTraces((await pitwall.ready())["otlp.http"] as string, oneSpan("a"));
  pitwall.child.kill(signal);
  await pitwall.until(({ stderr }) => jsonLines(stderr).find(({ msg }) => String(msg).startsWith("stopping")));
  // Two signals close together are one request (npm doubles a Ctrl-C); whoever goes on asking is obeyed.
  const asking = setInterval(() => pitwall.child.kill(signal), 50);
  expect((await pitwall.ended()).code).toBe(code);
  clearInterval(asking);
  silent.close();
});

test("a reader of stdout that goes away ends nothing: the loss is counted", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "c.yaml");
  writeFileSync(file, HTTP_ONLY("{debug: {verbosity: detailed}}"));
  await using pitwall = new PitwallProcess(["--config", file, "--log-format", "json"]);
  const http = (await pitwall.ready())["otlp.http"] as string;
  pitwall.child.stdout?.destroy();
  for (let request = 0; request < 3; request++) await postTraces(http, oneSpan("a"));
  const { code, stderr } = await pitwall.stop();
  expect(code).toBe(0);
  const ledger = jsonLines(stderr).find(({ msg }) => msg === "ledger") as { balanced: boolean; losses: readonly { component: string }[] };
  expect(ledger.balanced).toBe(true);
  expect(ledger.losses.map(({ component }) => component)).toContain("debug");
});

test("a fault that nobody caught is told as ours and ends with 70", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "c.yaml");
  const plugin = `import { exporter, z } from "pitwall/define";
export const bomb = exporter({ type: "bomb", about: "Fails.", signals: ["traces"], config: z.strictObject({}), async open() {
  setTimeout(() => { throw new Error("boom"); }, 1);
  return { push: async () => {}, async [Symbol.asyncDispose]() {} };
} });
`;
  writeFileSync(join(folder.path, "bomb.mjs"), plugin);
  writeFileSync(file, `plugins: [./bomb.mjs]\n${HTTP_ONLY("{bomb: }")}`);
  const { code, stderr } = await runPitwall(["--config", file]);
  expect(code).toBe(70);
  expect(stderr).toMatch(/error E_INTERNAL .*\nError: boom/);
});
