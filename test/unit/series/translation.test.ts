import { describe, expect, test } from "vitest";
import { Attributes, anyValue } from "../../../collector/model/attributes.ts";
import { METRICS } from "../../../collector/model/catalog.ts";
import type { Scope } from "../../../collector/model/resource.ts";
import { attributeLabels, identityOf, renderLabels, scopeLabels, sortedLabels, targetLabels } from "../../../collector/series/labels.ts";
import { metricOverrides } from "../../../collector/series/metric-overrides.ts";
import {
  fallbackLabels,
  familyHeader,
  fixedLabels,
  labelRules,
  type MetricHeader,
  seriesLabels,
  type Translation,
} from "../../../collector/series/translation.ts";
import { SERVER_LABEL_RULES, SPEC_LABEL_RULES } from "../../../collector/wire/prometheus-label.ts";
import { METRIC_KIND } from "../../../collector/wire/scan-metric-rows.ts";

const DEFAULT: Translation = {
  strategy: "UnderscoreEscapingWithSuffixes",
  namespace: "",
  constLabels: {},
  promoteResource: false,
  scopeInfo: true,
};
const RULES = labelRules(DEFAULT);

function header(name: string, fields: Partial<MetricHeader> = {}): MetricHeader {
  return { name, unit: "", description: "", metadata: Attributes.EMPTY, kind: METRIC_KIND.gauge, temporality: 2, isMonotonic: false, ...fields };
}

function scope(fields: Partial<Scope> = {}): Scope {
  return { name: "", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "", ...fields };
}

const labelsOf = (
  point: Attributes,
  type: "gauge" | "histogram" | "summary" = "gauge",
  resource = Attributes.EMPTY,
  by: Partial<Translation> = {},
) => {
  const translation = { ...DEFAULT, ...by };
  return Object.fromEntries(
    seriesLabels(point, type, fixedLabels(resource, scope(), translation), fallbackLabels(resource, translation), labelRules(translation)),
  );
};

describe("labels, row by row", () => {
  test("values: an empty one is no label", () => {
    expect(labelsOf(Attributes.from({ a: "", b: "x" }))).toEqual({ b: "x" });
  });

  test("two keys → one label: values joined with ; in the byte order of the keys, and told once with all of them", () => {
    const told: unknown[] = [];
    const labels = attributeLabels(Attributes.from({ a_b: "3", "a.b": "2", "a-b": "1", c: "9", "a:b": "" }), RULES, (name) => name, {
      onCollision: (label, keys) => told.push([label, keys]),
    });
    expect([...labels]).toEqual([
      ["a_b", "1;2;3"],
      ["c", "9"],
    ]);
    expect(told).toEqual([["a_b", ["a-b", "a.b", "a_b"]]]);
  });

  test("two keys → one label: under a UTF-8 strategy they are two labels", () => {
    expect(labelsOf(Attributes.from({ a_b: "1", "a.b": "2" }), "gauge", Attributes.EMPTY, { strategy: "NoTranslation" })).toEqual({
      a_b: "1",
      "a.b": "2",
    });
  });

  test("reserved: an attribute __name__ is ignored, under every strategy", () => {
    expect(labelsOf(Attributes.from({ __name__: "x", a: "1" }))).toEqual({ a: "1" });
    expect(labelsOf(Attributes.from({ __name__: "x", a: "1" }), "gauge", Attributes.EMPTY, { strategy: "NoTranslation" })).toEqual({ a: "1" });
  });

  test("reserved: le on a histogram and quantile on a summary are renamed; anywhere else they stay", () => {
    const point = Attributes.from({ le: "1", quantile: "2" });
    expect(labelsOf(point, "histogram")).toEqual({ exported_le: "1", quantile: "2" });
    expect(labelsOf(point, "summary")).toEqual({ le: "1", exported_quantile: "2" });
    expect(labelsOf(point)).toEqual({ le: "1", quantile: "2" });
  });

  test("reserved: a promoted or constant le does not get into a histogram", () => {
    const resource = Attributes.from({ le: "9" });
    expect(labelsOf(Attributes.EMPTY, "histogram", resource, { promoteResource: true })).toEqual({});
    expect(labelsOf(Attributes.EMPTY, "gauge", resource, { promoteResource: true })).toEqual({ le: "9" });
  });

  test("reserved: job and instance attributes lose to the resource's, and stay where the resource has none", () => {
    const point = Attributes.from({ job: "mine", instance: "me" });
    expect(labelsOf(point, "gauge", Attributes.from({ "service.name": "api" }))).toEqual({ job: "api", instance: "me" });
  });

  test("order: labels stand in the byte order of their names, as remote write demands", () => {
    const labels = new Map(["😱", "ｆ", "b", "a"].map((name) => [name, "1"] as const));
    expect(sortedLabels(labels).map(([name]) => name)).toEqual(["a", "b", "ｆ", "😱"]);
    expect(
      renderLabels(
        new Map([
          ["b", 'x"\n'],
          ["a.b", "\\"],
        ]),
      ),
    ).toBe('"a.b"="\\\\",b="x\\"\\n"');
  });

  test("const labels: never overwrite a data label, nor a promoted one, nor job; their names stay as they are", () => {
    const by = { constLabels: { a: "const", b: "const", job: "const", _c: "const" }, promoteResource: true, labelRules: SERVER_LABEL_RULES };
    const found = labelsOf(Attributes.from({ a: "data" }), "gauge", Attributes.from({ b: "resource", "service.name": "api" }), by);
    expect(found).toEqual({ a: "data", b: "resource", job: "api", service_name: "api", _c: "const" });
  });

  test("compat: the server's rules and the specification's are both there, the specification's is the default", () => {
    const point = Attributes.from({ _x: "1", a__b: "2" });
    expect(labelsOf(point)).toEqual({ _x: "1", a_b: "2" });
    expect(labelsOf(point, "gauge", Attributes.EMPTY, { labelRules: SERVER_LABEL_RULES })).toEqual({ key_x: "1", a__b: "2" });
    expect(labelRules("NoTranslation")).toEqual({ ...SPEC_LABEL_RULES, utf8: true });
  });
});

describe("resource, target_info and scope, row by row", () => {
  test("job: namespace/name, or the name alone; an empty namespace is none", () => {
    const job = (attributes: Record<string, string>) => identityOf(Attributes.from(attributes)).job;
    expect(job({ "service.name": "api", "service.namespace": "shop" })).toBe("shop/api");
    expect(job({ "service.name": "api" })).toBe("api");
    expect(job({ "service.name": "api", "service.namespace": "" })).toBe("api");
    expect(job({ "service.namespace": "shop" })).toBe("");
  });

  test("instance: service.instance.id, whatever kind of value it is", () => {
    expect(identityOf(Attributes.from({ "service.instance.id": 17 })).instance).toBe("17");
    expect(identityOf(Attributes.EMPTY).instance).toBe("");
  });

  test("promotion: all, none, or those that are chosen; the data point's label wins", () => {
    const resource = Attributes.from({ "host.name": "h", "k8s.pod.name": "p" });
    const point = Attributes.from({ host_name: "point" });
    expect(labelsOf(point, "gauge", resource)).toEqual({ host_name: "point" });
    expect(labelsOf(point, "gauge", resource, { promoteResource: true })).toEqual({ host_name: "point", k8s_pod_name: "p" });
    expect(labelsOf(point, "gauge", resource, { promoteResource: (key) => key === "host.name" })).toEqual({ host_name: "point" });
  });

  test("target_info: what does not identify the target, with job and instance", () => {
    const resource = Attributes.from({ "service.name": "api", "service.namespace": "s", "service.instance.id": "i", "host.name": "h", job: "other" });
    expect(Object.fromEntries(targetLabels(resource, RULES) ?? [])).toEqual({ host_name: "h", job: "s/api", instance: "i" });
  });

  test("target_info: none where the resource says nothing but who it is, or not who it is", () => {
    expect(targetLabels(Attributes.from({ "service.name": "api", "service.instance.id": "i" }), RULES)).toBeUndefined();
    expect(targetLabels(Attributes.from({ "service.name": "api" }), RULES, true)).toBeUndefined();
    expect(targetLabels(Attributes.from({ "host.name": "h" }), RULES)).toBeUndefined();
  });

  test("target_info: the identifying attributes stay in it where that is asked for", () => {
    const resource = Attributes.from({ "service.name": "api", "host.name": "h" });
    expect(Object.fromEntries(targetLabels(resource, RULES, true) ?? [])).toEqual({ host_name: "h", job: "api", service_name: "api" });
  });

  test("scope: name, version, schema URL and attributes, empty ones skipped", () => {
    const labels = scopeLabels(scope({ name: "s", schemaUrl: "u", attributes: Attributes.from({ "a.b": 1, e: "" }) }), RULES);
    expect(Object.fromEntries(labels)).toEqual({ otel_scope_name: "s", otel_scope_schema_url: "u", otel_scope_a_b: "1" });
  });

  test("scope: an attribute that would take the place of name, version or schema URL is dropped", () => {
    const attributes = Attributes.from({ name: "clash", version: "clash", "schema.url": "clash", schema_url: "clash" });
    expect([...scopeLabels(scope({ attributes }), RULES)]).toEqual([]);
  });

  test("scope: one switch turns all of its labels off", () => {
    expect([...fixedLabels(Attributes.EMPTY, scope({ name: "s" }), { ...DEFAULT, scopeInfo: false })]).toEqual([]);
  });
});

describe("families", () => {
  test("Gauge: prometheus.type unknown is kept", () => {
    expect(familyHeader(header("a", { metadata: Attributes.of([["prometheus.type", anyValue("unknown")]]) }), DEFAULT)?.type).toBe("unknown");
  });

  test("Sum: monotonic is a counter, the other a gauge without _ratio", () => {
    expect(familyHeader(header("a", { kind: METRIC_KIND.sum, isMonotonic: true, unit: "1" }), DEFAULT)).toMatchObject({
      name: "a_total",
      type: "counter",
    });
    expect(familyHeader(header("a", { kind: METRIC_KIND.sum, unit: "1" }), DEFAULT)).toMatchObject({ name: "a", type: "gauge" });
  });
});

describe("overrides", () => {
  const by = (rows: Parameters<typeof metricOverrides>[0], preset?: "genarrative"): Translation => ({
    ...DEFAULT,
    overrides: metricOverrides(rows, preset),
  });

  test("unit, name and instrument take the place of what the sender says, before the metric is named", () => {
    const named = familyHeader(header("queue", { unit: "1" }), by([{ metric: "queue", name: "jobs.waiting", unit: "By", instrument: "counter" }]));
    expect(named).toEqual({ name: "jobs_waiting_bytes_total", type: "counter", help: "", unit: "bytes" });
  });

  test("a gauge that is an up-down counter gets no _ratio", () => {
    expect(familyHeader(header("a", { unit: "1" }), by([{ metric: "a", instrument: "updowncounter" }]))).toMatchObject({ name: "a", type: "gauge" });
    const sum = header("a", { kind: METRIC_KIND.sum, isMonotonic: true, unit: "1" });
    expect(familyHeader(sum, by([{ metric: "a", instrument: "gauge" }]))).toMatchObject({ name: "a_ratio", type: "gauge" });
  });

  test("a histogram stays one", () => {
    const sent = header("a", { kind: METRIC_KIND.histogram, unit: "s" });
    expect(familyHeader(sent, by([{ metric: "*", instrument: "gauge", unit: "ms" }]))).toMatchObject({ name: "a_milliseconds", type: "histogram" });
  });

  test("a pattern stands for whole names, and every character but * for itself", () => {
    const rows = by([{ metric: "a.*.c", unit: "s" }]);
    expect(["a.b.c", "a..c", "axbxc", "a.b.c.d", "xa.b.c"].map((name) => familyHeader(header(name), rows)?.name)).toEqual([
      "a_b_c_seconds",
      "a_c_seconds",
      "axbxc",
      "a_b_c_d",
      "xa_b_c",
    ]);
  });

  test("of several rows the first that states a field wins, and the user's come before the preset's", () => {
    const rows = by(
      [
        { metric: "genarrative.http.server.request_permits.available", unit: "{slot}/s" },
        { metric: "genarrative.*", unit: "By", instrument: "counter" },
      ],
      "genarrative",
    );
    const named = familyHeader(header("genarrative.http.server.request_permits.available", { unit: "1" }), rows);
    expect(named).toMatchObject({ name: "genarrative_http_server_request_permits_available_per_second_total", type: "counter" });
  });

  test.each([
    ["genarrative.http.server.request_permits.available", "1", METRIC_KIND.gauge, "genarrative_http_server_request_permits_available"],
    ["genarrative.http.server.response_bodies.in_flight", "1", METRIC_KIND.gauge, "genarrative_http_server_response_bodies_in_flight"],
    ["genarrative.spacetime.read.duration_ms", "ms", METRIC_KIND.histogram, "genarrative_spacetime_read_duration_ms"],
    ["genarrative.spacetime.read.duration_ms", "ms", METRIC_KIND.exponentialHistogram, "genarrative_spacetime_read_duration_ms"],
    ["http.server.request.duration", "s", METRIC_KIND.histogram, "http_server_request_duration_seconds"],
  ])("the preset genarrative: %s of unit %s", (name, unit, kind, expected) => {
    expect(familyHeader(header(name, { unit, kind }), by([], "genarrative"))?.name).toBe(expected);
  });

  test("the preset genarrative leaves the names of the catalogue alone, but for the doubled milliseconds", () => {
    const changed = Object.values(METRICS).filter((metric) => {
      const kind = metric.instrument === "histogram" ? METRIC_KIND.histogram : metric.instrument === "gauge" ? METRIC_KIND.gauge : METRIC_KIND.sum;
      const sent = header(metric.name, { unit: metric.unit, kind, isMonotonic: metric.instrument === "counter" });
      return familyHeader(sent, by([], "genarrative"))?.name !== metric.prometheus.suffixed;
    });
    expect(changed.map(({ name }) => name)).toEqual(["genarrative.spacetime.read.duration_ms"]);
  });
});
