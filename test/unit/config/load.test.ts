import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadConfig } from "../../../config/load.ts";
import { toPlain } from "../../../config/tree.ts";
import { fakes, load, problemsOf, toldAbout, withExporter } from "./load-text.ts";

const SEED = "test/fixtures/config/seed-debug.yaml";
const BASE = withExporter("debug", "");
const pipeline = (body: string): string => BASE.replace(/traces:.*/, body);

test("the configuration of the project's seed loads unchanged", async () => {
  const { config, warnings, files } = await loadConfig({ sources: [SEED], env: {}, catalogue: fakes });
  expect(files).toEqual([SEED]);
  expect(warnings).toEqual([]);
  expect(config.receivers.get("otlp")?.config).toMatchObject({
    protocols: { grpc: { endpoint: { host: "127.0.0.1", port: 4317 } }, http: { endpoint: { host: "127.0.0.1", port: 4318 } } },
  });
  expect(config.exporters.get("debug")?.config).toMatchObject({ verbosity: "detailed" });
  expect(config.service.pipelines.map(({ id, receivers, processors, exporters }) => [id, receivers, processors, exporters])).toEqual([
    ["traces", ["otlp"], [], ["debug"]],
    ["metrics", ["otlp"], [], ["debug"]],
    ["logs", ["otlp"], [], ["debug"]],
  ]);
  expect(config.service.telemetry).toEqual({
    metrics: { enabled: true, host: "127.0.0.1", port: 8888 },
    logs: { level: "info", encoding: "console" },
  });
});

test("K-01 other keys at the top are refused, each at its place with the nearest", async () => {
  const problems = await problemsOf(`${BASE}recievers: {}\nfoo: 1\n`);
  expect(problems.map(({ place, message, suggestion }) => [place.line, place.column, message, suggestion])).toEqual([
    [
      7,
      1,
      'unknown key "recievers"',
      'did you mean "receivers"? known here: connectors, exporters, extensions, plugins, processors, receivers, service',
    ],
    [8, 1, 'unknown key "foo"', "known here: connectors, exporters, extensions, plugins, processors, receivers, service"],
  ]);
});

test("K-01 an empty configuration says what is missing", async () => {
  expect(await toldAbout("")).toEqual(['1:1  "service" is required: it says which pipelines run']);
  expect(await toldAbout("service:\n")).toEqual(["1:1 service::pipelines at least one pipeline is required"]);
  expect(await toldAbout("- a\n")).toContain("1:1  a configuration is a map with the keys receivers, exporters, service …");
});

test("K-02 ids are type[/name]; blanks round the slash do not count", async () => {
  const { config } = await load(withExporter("debug / two", "").replace("exporters: [debug / two]", "exporters: [debug/two]"));
  expect([...config.exporters.keys()]).toEqual(["debug/two"]);
  expect(config.service.pipelines[0]?.exporters).toEqual(["debug/two"]);
  for (const id of ["1debug", "debug/", "debug/a b", "de-bug", "/x"]) {
    expect(await toldAbout(`${BASE}extensions: {"${id}": }\n`), id).toEqual([`7:14 extensions "${id}" is not a component id`]);
  }
});

test("K-02 old and new type names mean the same component", async () => {
  const { config } = await load(withExporter("otlp/rider", "endpoint: 127.0.0.1:17011"));
  expect(config.exporters.get("otlp/rider")?.definition.type).toBe("otlp_grpc");
});

test("K-03 a pipeline is traces, metrics or logs, with at least one receiver and one exporter", async () => {
  expect(await toldAbout(pipeline("trace: {receivers: [otlp], exporters: [debug]}"))).toEqual([
    '6:5 service::pipelines "trace" is not a pipeline id',
  ]);
  expect(await toldAbout(pipeline("profiles: {receivers: [otlp], exporters: [debug]}"))).toEqual([
    "6:5 service::pipelines profiles are not known here",
  ]);
  expect(await toldAbout(pipeline("traces/2: {processors: []}"))).toEqual([
    "6:5 service::pipelines::traces/2 must have at least one receiver",
    "6:5 service::pipelines::traces/2 must have at least one exporter",
  ]);
});

test("K-03 the same processor twice is an error, the same exporter twice counts once", async () => {
  const twice = `processors: {batch: }\n${pipeline("traces: {receivers: [otlp], processors: [batch, batch], exporters: [debug, debug]}")}`;
  expect(await toldAbout(twice)).toEqual(['7:53 service::pipelines::traces::processors references processor "batch" twice']);
  const { config, warnings } = await load(pipeline("traces: {receivers: [otlp], exporters: [debug, debug]}"));
  expect(config.service.pipelines[0]?.exporters).toEqual(["debug"]);
  expect(warnings.map(({ message }) => message)).toEqual(['references exporter "debug" twice; it counts once']);
});

test("K-04 naming what is not configured is told with what was meant", async () => {
  const problems = await problemsOf(
    `${pipeline("traces: {receivers: [otpl], exporters: [debug, otlp]}")}  extensions: [healthcheck]\nextensions: {health_check: }\n`,
  );
  expect(problems.map(({ path, message, suggestion }) => `${path}: ${message}; ${suggestion}`)).toEqual([
    'service::pipelines::traces::receivers: references receiver "otpl" which is not configured; did you mean "otlp"? configured: otlp',
    'service::pipelines::traces::exporters: references exporter "otlp" which is not configured; "otlp" is configured under receivers',
    'service::extensions: references extension "healthcheck" which is not configured; did you mean "health_check"? configured: health_check',
  ]);
});

test("K-04 a component that has mistakes of its own still counts as configured", async () => {
  expect(await toldAbout(withExporter("debug", "verbosity: loud"))).toEqual([
    '4:16 exporters::debug::verbosity "loud" is not one of basic, normal, detailed',
  ]);
});

test("a component that does not take the pipeline's signal is refused", async () => {
  const text = `${withExporter("traces_only", "").replace("traces: {", "logs: {")}`;
  expect(await toldAbout(text)).toEqual(['6:43 service::pipelines::logs::exporters exporter "traces_only" does not take logs']);
});

test("K-05 defined and not used is allowed, and told as a warning", async () => {
  const { warnings } = await load(`${BASE}processors: {batch: }\n`);
  expect(warnings.map(({ place, message }) => [place.line, message])).toEqual([[7, '"batch" is configured but not used, so it is not started']]);
});

const connected = (traces: string, metrics: string, more = ""): string => `receivers: {otlp: {protocols: {http: }}}
exporters: {debug: }
connectors: {count: , forward: }
service:
  pipelines:
    traces: ${traces}
    metrics: ${metrics}
${more}`;

test("K-06 a connector joins two pipelines", async () => {
  const { config } = await load(connected("{receivers: [otlp], exporters: [count]}", "{receivers: [count], exporters: [debug]}"));
  expect(config.connectors.get("count")?.definition.produces).toEqual(["metrics"]);
});

test("K-06 a connector used on one side only, of the wrong signal, in a circle, or with another's id is refused", async () => {
  expect(await toldAbout(connected("{receivers: [otlp], exporters: [count, debug]}", "{receivers: [otlp], exporters: [debug]}"))).toEqual([
    '3:14 connectors connector "count" is used as exporter, but in no pipeline as receiver: what it makes would go nowhere',
  ]);
  expect(await toldAbout(connected("{receivers: [otlp, count], exporters: [debug]}", "{receivers: [otlp], exporters: [count]}"))).toEqual([
    '6:32 service::pipelines::traces::receivers connector "count" does not produce traces',
    '7:46 service::pipelines::metrics::exporters connector "count" does not take metrics',
  ]);
  const circle = connected("{receivers: [otlp, forward], exporters: [forward/2]}", "{receivers: [forward/2], exporters: [forward]}").replace(
    "forward: ",
    "forward: , forward/2: ",
  );
  expect(await toldAbout(circle)).toEqual([
    "6:54 service::pipelines::traces::exporters circle of pipelines: traces → forward/2 → metrics → forward → traces",
  ]);
  const joined = connected("{receivers: [otlp], exporters: [count]}", "{receivers: [count], exporters: [debug]}");
  expect(await toldAbout(joined.replace("debug: ", "debug: , count: "))).toEqual([
    '3:14 connectors ambiguous: "count" is a connector and one of the exporters',
  ]);
});

test("K-07 a null body means all defaults, at every depth", async () => {
  const { config } = await load(withExporter("otlp_grpc", "endpoint: a:1\ntls:\ntimeout:\nheaders:"));
  expect(config.exporters.get("otlp_grpc")?.config).toEqual({ endpoint: "a:1", tls: { insecure: false }, timeout: 5000, headers: {} });
  expect(config.receivers.get("otlp")?.config).toEqual({ protocols: { http: { endpoint: { host: "127.0.0.1", port: 4318 }, timeout: 0 } } });
});

test("K-07 no protocol at all is refused", async () => {
  expect(await toldAbout(BASE.replace("{http: }", ""))).toEqual(["1:20 receivers::otlp::protocols must specify at least one protocol"]);
  expect(await toldAbout(BASE.replace("{protocols: {http: }}", ""))).toEqual(['1:13 receivers::otlp::protocols "protocols" is required']);
});

test("K-08 unknown keys are told at their own place, however deep, and only once", async () => {
  const problems = await problemsOf(BASE.replace("{http: }", "{htttp: , grpc: {endpoit: a:1, timout: 1s}}"));
  expect(problems.map(({ place, path, message, suggestion }) => `${place.column} ${path} ${message} ${suggestion}`)).toEqual([
    '32 receivers::otlp::protocols unknown key "htttp" did you mean "http"? known here: grpc, http',
    '48 receivers::otlp::protocols::grpc unknown key "endpoit" did you mean "endpoint"? known here: endpoint, timeout',
    '62 receivers::otlp::protocols::grpc unknown key "timout" did you mean "timeout"? known here: endpoint, timeout',
  ]);
});

test("K-08 a typo that leaves no protocol is told as the typo", async () => {
  expect(await toldAbout(BASE.replace("http: ", "htttp: "))).toEqual(['1:32 receivers::otlp::protocols unknown key "htttp"']);
});

test("K-12 all mistakes are told at once, in the order of the text", async () => {
  const text = `receivers: {otlp: {protocols: {grpc: {endpoint: nowhere}}}, kafka: }
exporters: {debug: {verbosity: detaild, sampling_initial: "5"}}
servce: {}
service: {pipelines: {traces: {receivers: [otlp], exporters: [debugg]}}}
`;
  expect(await toldAbout(text)).toEqual([
    '1:49 receivers::otlp::protocols::grpc::endpoint "nowhere" is not host:port (like 127.0.0.1:4318, [::1]:4318, or 127.0.0.1:0 for any free port)',
    '1:61 receivers otelcol-contrib has the receiver "kafka", Pitwall does not',
    '2:32 exporters::debug::verbosity "detaild" is not one of basic, normal, detailed',
    '2:59 exporters::debug::sampling_initial expected a number, not "5"',
    '3:1  unknown key "servce"',
    '4:63 service::pipelines::traces::exporters references exporter "debugg" which is not configured',
  ]);
});

test("K-12 tabs, keys given twice and broken YAML are told in words", async () => {
  expect(await toldAbout("receivers:\n\totlp:\n")).toEqual(["2:1  a tab is used for indentation; YAML allows only spaces"]);
  expect(await toldAbout("exporters:\n  debug:\n  debug:\n")).toEqual(['3:3  the key "debug" stands twice in this map, first in line 2']);
  expect((await toldAbout("a: [1, 2\nb: 3\n")).length).toBeGreaterThan(0);
  expect(await toldAbout("a: 1\n---\nb: 2\n")).toEqual(["2:1  the file holds several YAML documents (---); one is read"]);
});

test("aliases and merges of YAML work; aliases that multiply are stopped", async () => {
  const { config } = await load(
    `x: &none\n  timeout: 1s\n${BASE}`
      .replace("x: &none\n  timeout: 1s\n", "")
      .replace("{http: }", "{http: &h {timeout: 1s}, grpc: {<<: *h, endpoint: 'a:1'}}"),
  );
  expect(config.receivers.get("otlp")?.config).toMatchObject({ protocols: { grpc: { timeout: 1000, endpoint: { host: "a", port: 1 } } } });
  const levels = Array.from({ length: 9 }, (_, n) => `  l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(", ")}]`).join("\n");
  expect((await toldAbout(`a:\n  l0: &l0 [x]\n${levels}\n`))[0]).toMatch(/more than 100000 values/);
});

test("K-14 durations are Go's, bare numbers are refused with an example", async () => {
  for (const [text, ms] of [
    ["1m30s", 90_000],
    ["200ms", 200],
    ["1.5h", 5_400_000],
    ["0", 0],
  ] as const) {
    const { config } = await load(withExporter("typed", `duration: ${text}`));
    expect(config.exporters.get("typed")?.config).toMatchObject({ duration: ms });
  }
  expect(await toldAbout(withExporter("typed", "duration: 5"))).toEqual([
    '4:15 exporters::typed::duration "5" is not a duration; write it with a unit, like 200ms, 5s or 1m30s',
  ]);
  expect(await toldAbout(withExporter("typed", "duration: true"))).toEqual(["4:15 exporters::typed::duration expected a text or a number, not true"]);
});

test("a text field given a bare number says how to write it", async () => {
  expect(await problemsOf(withExporter("typed", "text: 5"))).toMatchObject([
    { message: "expected a text, not 5", suggestion: 'for a text, put it in quotes: "5"' },
  ]);
});

test("service.telemetry: level none or no readers turn self metrics off; address and readers place them", async () => {
  const telemetry = async (yaml: string) => (await load(`${BASE}  telemetry: ${yaml}\n`)).config.service.telemetry;
  expect((await telemetry("{metrics: {level: none}}")).metrics.enabled).toBe(false);
  expect((await telemetry("{metrics: {readers: []}}")).metrics.enabled).toBe(false);
  expect((await telemetry("{metrics: {address: '0.0.0.0:9999'}}")).metrics).toEqual({ enabled: true, host: "0.0.0.0", port: 9999 });
  const reader = "{metrics: {readers: [{pull: {exporter: {prometheus: {host: '::1', port: 7}}}}]}}";
  expect((await telemetry(reader)).metrics).toEqual({ enabled: true, host: "::1", port: 7 });
  expect((await telemetry("{logs: {level: WARN, encoding: json}}")).logs).toEqual({ level: "warn", encoding: "json" });
  const { warnings } = await load(`${BASE}  telemetry: {resource: {a: b}}\n`);
  expect(warnings.map(({ path, message }) => `${path} ${message}`)).toEqual([
    "service::telemetry::resource known to otelcol, but without effect here",
  ]);
  expect(await toldAbout(`${BASE}  telemetry: {metrics: {readers: [{periodic: {}}]}}\n`)).toHaveLength(1);
});

test("what comes from plugins is known; a plugin without components, or none at all, is told", async () => {
  const mine = { ...fakes.find("exporters", "debug"), type: "mine" };
  const options = { sources: ["c.yaml"], env: {}, catalogue: fakes };
  const text = `plugins: [./mine.ts]\n${withExporter("mine", "")}`;
  const { config } = await loadConfig({ ...options, readFile: () => text, importPlugin: async () => ({ anything: 1, mine }) });
  expect(config.exporters.get("mine")?.definition.type).toBe("mine");
  const told = async (importPlugin: () => Promise<unknown>) => {
    const error = await loadConfig({ ...options, readFile: () => `plugins: [./mine.ts]\n${BASE}`, importPlugin }).catch((reason: unknown) => reason);
    return error as { code: string; message: string };
  };
  expect(await told(async () => ({ x: 1 }))).toMatchObject({ code: "E_PLUGIN" });
  const broken = await told(() => Promise.reject(new Error("Cannot find module './mine.ts'\nmore")));
  expect(broken).toMatchObject({ code: "E_PLUGIN" });
  expect(broken.message).toContain(`c.yaml:1:11  plugins::0  "./mine.ts" cannot be loaded: Cannot find module './mine.ts'`);
});

test("no key or value has a special meaning to JavaScript", async () => {
  expect(await toldAbout(withExporter("debug", "__proto__: {polluted: true}"))).toEqual(['4:5 exporters::debug unknown key "__proto__"']);
  expect(await toldAbout(`${BASE}constructor: 1\n`)).toEqual(['7:1  unknown key "constructor"']);
  const { tree } = await load(withExporter("typed", "map: {constructor: 1}"));
  expect(JSON.stringify(toPlain(tree))).toContain('"constructor":1');
});

test("the seed's fixture is the text of the project's notes", () => {
  expect(readFileSync(SEED, "utf8")).toContain("verbosity: detailed");
});
