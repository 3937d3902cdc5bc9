import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { openLoadFile } from "../../../collector/cli/load-import/load-file.ts";
import { mappingSchema, READY_MAPPINGS, readMapping } from "../../../collector/cli/load-import/read-mapping.ts";
import { gatesOf } from "../../../collector/cli/load-run/gates-of.ts";
import { parseGate } from "../../../collector/diagnose/gates/parse-gate.ts";
import { NGINX_LOG_FORMATS } from "../../../collector/model/catalog-nginx.ts";
import { EXIT } from "../../../collector/model/errors.ts";
import type { LoadItem } from "../../../collector/model/load-record.ts";
import { RECORDER_LIMITS } from "../../../collector/run/recorder/recorder-limits.ts";
import { samplesNeeded } from "../../../collector/stats/quantile-interval.ts";
import { ROUTES } from "../../../collector/web/run-api/routes.ts";
import { LOAD_FORMATS } from "../../../collector/wire/generators/formats.ts";
import { loadConfig } from "../../../config/load.ts";
import { registry } from "../../../config/registry.ts";
import { THRESHOLD_PRESETS } from "../../../config/thresholds/presets.ts";
import { readThresholds } from "../../../config/thresholds/read-thresholds.ts";
import { renderWitnessesDoc } from "../../../scripts/gen/witnesses-doc.ts";
import { readMarkdown } from "./markdown.ts";
import { shellCommands } from "./shell-commands.ts";

const GUIDE = readMarkdown("docs/load-runs.md");
const TEXT = readFileSync("docs/load-runs.md", "utf8");

function section(heading: string): string {
  const start = TEXT.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`docs/load-runs.md has no section "${heading}"`);
  const end = TEXT.indexOf("\n## ", start + 1);
  return TEXT.slice(start, end < 0 ? undefined : end);
}

function codes(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
}

function yamlBlocks(has: RegExp): readonly string[] {
  return GUIDE.blocks.filter(({ language, text }) => language === "yaml" && has.test(text)).map(({ text }) => text);
}

describe("thresholds", () => {
  test("every threshold that is written down can be read", () => {
    const written = codes(section("Thresholds")).filter((code) => /\s(?:[<>]=?|[=!]=)\s/.test(code) || /^trend\(\w+\)$/.test(code));
    expect(written.length).toBeGreaterThan(20);
    expect(written.filter((code) => "mistake" in parseGate(code))).toEqual([]);
  });

  test("the presets are those of the product", () => {
    const rows = [...section("Thresholds").matchAll(/^\| `(smoke|baseline|spike)` \| (.*) \|$/gm)];
    expect(Object.fromEntries(rows.map(([, name, gates]) => [name, codes(gates as string)]))).toEqual(THRESHOLD_PRESETS);
  });

  test("example files and blocks are understood, and hold what they say", () => {
    const gates = gatesOf({ thresholds: "examples/thresholds.yaml" });
    expect(gates.map(({ expression }) => expression)).toEqual(expect.arrayContaining(["trend(rss)", "dropped_iterations == 0", "proxy 5xx == 0"]));
    expect(gates.filter(({ phase }) => phase === "hold").map(({ expression }) => expression)).toEqual(["p99 < 1500ms"]);
    const blocks = yamlBlocks(/^preset:/m);
    expect(blocks).toHaveLength(1);
    const read = readThresholds(blocks[0] as string, "guide", (expression) => {
      const parsed = parseGate(expression);
      return "mistake" in parsed ? parsed.mistake : undefined;
    });
    expect(read).toHaveLength(THRESHOLD_PRESETS.smoke.length + 2);
  });

  test("quantiles need as many requests as the guide says", () => {
    const [, p95, p99, p999] = /\((\d+) for p95, (\d+) for p99, (\d \d+) for p99\.9\)/.exec(TEXT.replaceAll(/\s+/g, " ")) ?? [];
    expect([p95, p99, p999?.replace(" ", "")]).toEqual([0.95, 0.99, 0.999].map((q) => String(samplesNeeded(q))));
  });
});

describe("import", () => {
  test("the table has every format", () => {
    const rows = [...section("Import").matchAll(/^\| [^|`]+ \| (`.*) \|$/gm)].flatMap(([, cell]) => codes(cell as string));
    expect(rows.toSorted()).toEqual([...LOAD_FORMATS.map(({ facts }) => facts.format), "otlp"].toSorted());
  });

  test("docs/witnesses.md is what `npm run gen` makes", () => {
    expect(readFileSync("docs/witnesses.md", "utf8")).toBe(renderWitnessesDoc());
    const facts = renderWitnessesDoc();
    for (const { facts: one } of LOAD_FORMATS) for (const limit of one.limits) expect(facts).toContain(limit);
  });

  test("the mapping reads its table", async () => {
    const opened = await openLoadFile("examples/requests.csv", {
      format: undefined,
      mapping: readMapping("examples/mapping.yaml"),
      beganUnixNano: undefined,
    });
    if (opened.facts === "otlp") throw new Error("the table was taken for a recording");
    const items: LoadItem[] = [];
    for await (const chunk of opened.chunks()) items.push(...chunk);
    const requests = items.flatMap((item) => (item.kind === "request" ? [item] : []));
    expect(requests.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "http_error", "http_error", "timeout"]);
    expect([...opened.account.reasons]).toEqual([]);
  });

  test("mappings in blocks are mappings, and the ready ones are named", () => {
    const blocks = yamlBlocks(/^as:/m);
    expect(blocks).toHaveLength(2);
    expect(blocks.map((text) => mappingSchema.safeParse(parse(text)).error)).toEqual([undefined, undefined]);
    expect(Object.keys(READY_MAPPINGS).filter((name) => !TEXT.includes(`\`${name}\``))).toEqual([]);
  });
});

test("the configuration with the connector is a valid one", async () => {
  const [text] = yamlBlocks(/^connectors:/m);
  const loaded = await loadConfig({ sources: ["env:CONFIG"], sets: [], env: { CONFIG: text }, catalogue: registry });
  expect(loaded.config.service.pipelines.map(({ id }) => String(id))).toEqual(expect.arrayContaining(["metrics/runs"]));
});

test("every call of the run API is one that it has", () => {
  const calls = GUIDE.blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => shellCommands(text))
    .filter(({ words }) => words[0] === "curl")
    .map(({ words }) => {
      const path = (words.find((word) => word.startsWith("$API")) ?? "").replace("$API", "/api/v1");
      const method = words.includes("-X") ? (words[words.indexOf("-X") + 1] as string) : "GET";
      const body = words.includes("-d") ? (words[words.indexOf("-d") + 1] as string) : undefined;
      return { method: method.toLowerCase(), path, body };
    });
  expect(calls.length).toBeGreaterThan(6);
  for (const { method, path, body } of calls) {
    const route = ROUTES.find((one) => one.method === method && new RegExp(`^${one.path.replace("{id}", "[a-z]+")}$`).test(path));
    expect(route, `${method} ${path}`).toBeDefined();
    if (body === undefined) continue;
    const given: unknown = JSON.parse(body.replaceAll(/\$\([^)]*\)/g, "1795282619"));
    expect(route?.body?.schema.safeParse(given).error, path).toBeUndefined();
  }
});

describe("figures", () => {
  const spaced = (number: number) => String(number).replace(/(?<=\d)(?=(?:\d{3})+$)/g, " ");

  test("bounds of the ledger are the recorder's", () => {
    const rows = section("The ledger file");
    const told = (name: string) => new RegExp(`^\\| ${name} \\| (.*) \\|$`, "m").exec(rows)?.[1] ?? "";
    const { endpoints, series, slowTraces, failedTraces, sampledTraces, sampledEndpoints, spansPerTrace, logs, pendingJoins, joinWaitMs } =
      RECORDER_LIMITS;
    expect(told("names of endpoints")).toContain(spaced(endpoints));
    expect(told("series of what is no request")).toBe(spaced(series));
    expect(told("whole requests")).toBe(
      `${slowTraces} slowest and ${failedTraces} failed by outermost hop, ${sampledTraces} by chance for each of ${sampledEndpoints} endpoints; ${spansPerTrace} spans each`,
    );
    expect(told("logs \\(failed requests, warnings and above\\)")).toContain(spaced(logs));
    expect(told("requests that wait to be joined")).toBe(`${spaced(pendingJoins)}, for ${joinWaitMs / 1000} s`);
  });

  test("exit codes of the table are the product's", () => {
    const told = [...section("Exit codes").matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell]) => (cell as string).split(",").map(Number));
    expect(told.toSorted((a, b) => a - b)).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
  });

  test("the log format for nginx has what the guide promises of it", () => {
    for (const format of Object.values(NGINX_LOG_FORMATS)) {
      for (const variable of ["$upstream_header_time", "$request_completion", "$http_traceparent"]) expect(format).toContain(variable);
      expect(format).toContain("access_log ");
    }
  });
});
