import { describe, expect, test } from "vitest";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { Batch, Signal } from "../../../collector/model/batch.ts";
import type { Metric, NumberPoint } from "../../../collector/model/metric.ts";
import type { Span } from "../../../collector/model/span.ts";
import type { ComponentContext, Outlet, StageDefinition } from "../../../collector/pipeline/define.ts";
import { Refused, Rejected } from "../../../collector/pipeline/sink.ts";
import { attributes } from "../../../collector/processors/attributes/attributes.ts";
import { filter } from "../../../collector/processors/filter/filter.ts";
import { resource } from "../../../collector/processors/resource/resource.ts";
import { batchOf } from "../../../collector/wire/otlp-batch.ts";
import { basket, context, logRecord, logs, RESOURCE, SCOPE, span, surroundings } from "../pipeline/river.ts";

const point = (host: string, value = 1): NumberPoint => ({
  attributes: Attributes.from({ host }),
  startUnixNano: 0n,
  timeUnixNano: 1n,
  flags: 0,
  number: { kind: "int", value },
  exemplars: [],
});
const metric = (name: string, ...hosts: string[]): Metric => ({
  resource: RESOURCE,
  scope: SCOPE,
  name,
  description: "",
  unit: "1",
  metadata: Attributes.EMPTY,
  data: { type: "gauge", points: hosts.map((host) => point(host)) },
});
const named = (name: string, kind = 2): Span => span(name, { kind, attributes: Attributes.from({ name }) });

async function opened<Config>(definition: StageDefinition<Config>, keys: object, answer?: Parameters<typeof basket>[0]) {
  const next = basket(answer);
  const around = surroundings();
  const own: ComponentContext = context(definition.type, around);
  const outlet: Outlet = { signals: new Set<Signal>(["traces", "metrics", "logs"]), push: next.sink.push };
  return { stage: await definition.open(definition.config.parse(keys), outlet, own), next, around };
}
const pathsOf = (definition: StageDefinition, keys: object): readonly string[] =>
  (definition.config.safeParse(keys).error?.issues ?? []).map((issue) => issue.path.join("."));

describe("resource", () => {
  test("changes who sent it, and items that shared a resource still share it", async () => {
    const { stage, next } = await opened(resource, { attributes: [{ key: "deployment.environment", value: "load", action: "upsert" }] });
    await stage.push(logs(3));
    const [first, second] = next.taken[0]?.items ?? [];
    expect(first?.resource.attributes.getString("deployment.environment")).toBe("load");
    expect(second?.resource).toBe(first?.resource);
  });

  test("passes the batch itself on where nothing changed", async () => {
    const { stage, next } = await opened(resource, { attributes: [{ key: "none", action: "delete" }] });
    const batch = logs(2);
    await stage.push(batch);
    expect(next.taken[0]).toBe(batch);
  });
});

describe("attributes", () => {
  test("acts on spans, data points and log records", async () => {
    const { stage, next } = await opened(attributes, { actions: [{ key: "run", value: "r1", action: "insert" }] });
    await stage.push(batchOf("traces", [named("a")]));
    await stage.push(batchOf("metrics", [metric("m", "x", "y")]));
    await stage.push(logs(1));
    const own = next.taken.flatMap((batch) =>
      batch.signal === "metrics"
        ? batch.items.flatMap((one) => one.data.points.map((each) => each.attributes))
        : batch.items.map((item) => item.attributes),
    );
    expect(own.map((one) => one.getString("run"))).toEqual(["r1", "r1", "r1", "r1"]);
  });

  test.each([
    [{ include: { match_type: "strict", span_names: ["a"] } }, ["a"]],
    [{ include: { match_type: "regexp", span_names: ["^[ab]$"] }, exclude: { match_type: "strict", span_names: ["b"] } }, ["a"]],
    [{ exclude: { match_type: "strict", span_kinds: ["SPAN_KIND_CLIENT"] } }, ["a", "b"]],
    [{ include: { match_type: "strict", services: ["shop"], attributes: [{ key: "name", value: "c" }] } }, ["c"]],
    [{ include: { match_type: "regexp", resources: [{ key: "service.name", value: "^sh" }], libraries: [{ name: "^te" }] } }, ["a", "b", "c"]],
    [{ include: { match_type: "strict", log_bodies: ["x"] } }, []],
    [{ include: { match_type: "strict", attributes: [{ key: "nothing" }] } }, []],
  ])("acts on those that %j leaves", async (match, meant) => {
    const { stage, next } = await opened(attributes, { actions: [{ key: "hit", value: true, action: "insert" }], ...match });
    await stage.push(batchOf("traces", [named("a"), named("b"), named("c", 3)]));
    const batch = next.taken[0] as Batch;
    expect(batch.signal === "traces" && batch.items.filter((one) => one.attributes.has("hit")).map((one) => one.name)).toEqual(meant);
  });

  test("what the matching does not know is refused at its place", () => {
    const actions = [{ key: "a", action: "delete" }];
    expect(pathsOf(attributes, { actions, include: { match_type: "regexp", span_names: ["ok", "("] } })).toEqual(["include.span_names.1"]);
    expect(pathsOf(attributes, { actions, include: { match_type: "strict" } })).toEqual(["include"]);
    expect(pathsOf(attributes, { actions, include: { match_type: "strict", span_kinds: ["SERVER"] } })).toEqual(["include.span_kinds.0"]);
    expect(pathsOf(attributes, { actions, exclude: { match_type: "strict", log_severity_number: { min: 9 } } })).toEqual(["exclude", "exclude"]);
  });
});

describe("filter", () => {
  test("drops what a condition holds for and counts it as filtered", async () => {
    const { stage, next, around } = await opened(filter, {
      logs: { log_record: ['IsMatch(body, "^noise")', "severity_number < SEVERITY_NUMBER_INFO"] },
    });
    await stage.push(batchOf("logs", [logRecord("noise 1"), logRecord("kept"), logRecord("debug", { severityNumber: 5 })]));
    await stage.push(batchOf("logs", [logRecord("noise 2")]));
    expect(next.bodies()).toEqual(["kept"]);
    expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "filter", reason: "filtered", items: 3 }]);
  });

  test("drops metrics whole, and data points one by one", async () => {
    const { stage, next, around } = await opened(filter, {
      metrics: { metric: ['name == "secret"'], datapoint: ['attributes["host"] == "b" and metric.name == "load"'] },
    });
    await stage.push(batchOf("metrics", [metric("secret", "a", "b"), metric("load", "a", "b", "c"), metric("load", "b"), metric("other", "b")]));
    const [batch] = next.taken;
    expect(batch?.signal === "metrics" && batch.items.map((one) => [one.name, one.data.points.length])).toEqual([
      ["load", 2],
      ["other", 1],
    ]);
    expect(around.ledger.droppedRows()).toEqual([{ signal: "metrics", component: "filter", reason: "filtered", items: 4 }]);
  });

  test("passes the batch itself on where nothing is dropped", async () => {
    const { stage, next } = await opened(filter, { logs: { log_record: ['body == "none"'] }, traces: { span: ["true"] } });
    const batch = logs(2);
    await stage.push(batch);
    expect(next.taken[0]).toBe(batch);
  });

  test("counts nothing of a batch that is refused, and its part of one that is partly rejected", async () => {
    const { stage, around } = await opened(filter, { logs: { log_record: ['body == "log-0"'] } }, (batch, attempt) =>
      Promise.reject(
        attempt === 1 ? new Refused("later", { retryAfterMs: 1, overload: false }) : new Rejected("bad", { items: batch.count - 1, reason: "bad" }),
      ),
    );
    await expect(stage.push(logs(3))).rejects.toBeInstanceOf(Refused);
    expect(around.ledger.droppedRows()).toEqual([]);
    await expect(stage.push(logs(3))).rejects.toBeInstanceOf(Rejected);
    expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "filter", reason: "filtered", items: 1 }]);
  });

  test("what is not understood is refused at its place, with the column and what is", () => {
    const keys = { error_mode: "ignore", traces: { span: ['name == "ok"', 'Substring(name, 1) == "x"'] } };
    expect(pathsOf(filter, keys)).toEqual(["traces.span.1"]);
    const [issue] = filter.config.safeParse(keys).error?.issues ?? [];
    expect(issue?.message).toMatch(/Substring is not known here.*column 1.*understood are: path == value/);
    expect(pathsOf(filter, { spans: {} })).toEqual([""]);
  });
});
