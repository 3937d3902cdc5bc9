import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { alertGroups } from "../../../collector/alerts/alert-groups.ts";
import { type AlertOptions, gaugeNames } from "../../../collector/alerts/alert-options.ts";
import { MAX_FOR_MS } from "../../../collector/alerts/alert-rule.ts";
import { k6Names, PROCESS_MAX_FDS } from "../../../collector/alerts/generator-series.ts";
import { renderRules } from "../../../collector/alerts/render-rules.ts";
import type { AlertRule, RuleGroup } from "../../../collector/alerts/rule.ts";
import { latencyBounds } from "../../../collector/alerts/rules/http-server.ts";
import { METRICS } from "../../../collector/model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS, RUN_METRICS } from "../../../collector/model/catalog-run.ts";
import { SELF_METRICS } from "../../../collector/model/catalog-self.ts";
import type { MatrixSelector, VectorSelector } from "../../../collector/promql/ast.ts";
import { parsePromql } from "../../../collector/promql/parse-promql.ts";
import { alertCases } from "../../promtool/render-rule-tests.ts";

const STRATEGIES = ["UnderscoreEscapingWithSuffixes", "UnderscoreEscapingWithoutSuffixes"] as const;
const HEADS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "How to see it in the report"];
const ALERTS = alertsOf({ strategy: "UnderscoreEscapingWithSuffixes" });

function alertsOf(options: AlertOptions): readonly AlertRule[] {
  return alertGroups(options).flatMap(({ rules }) => rules.filter((rule): rule is AlertRule => rule.kind === "alert"));
}

/** Everything in a tree that is a selector of this kind. */
function nodesOf(kind: "vector-selector" | "matrix-selector", node: unknown): readonly (VectorSelector | MatrixSelector)[] {
  if (typeof node !== "object" || node === null) return [];
  const own = "kind" in node && node.kind === kind ? [node as VectorSelector | MatrixSelector] : [];
  return [...own, ...Object.values(node).flatMap((value) => nodesOf(kind, value))];
}

function namesIn(expr: string): readonly string[] {
  return nodesOf("vector-selector", parsePromql(expr)).map((node) => {
    const name = "matchers" in node ? node.matchers.find(({ name: label }) => label === "__name__") : undefined;
    return name?.value ?? "";
  });
}

describe.each(STRATEGIES)("alerts for %s", (strategy) => {
  const alerts = alertsOf({ strategy });

  test.each(alerts)("$alert has a case where it fires and one where it does not", ({ alert }) => {
    const expected = alertCases(strategy).flatMap(({ expect: all }) => all.filter((one) => one.alert === alert));
    expect(expected.some(({ fires }) => fires.length > 0)).toBe(true);
    expect(expected.some(({ fires }) => fires.length === 0)).toBe(true);
  });

  test("read only what the catalogue names, and what their own group has recorded before", () => {
    const catalogue: readonly { readonly prometheus: { readonly suffixed: string; readonly plain: string } }[] = Object.values({
      ...METRICS,
      ...CLIENT_METRICS,
      ...RUN_METRICS,
    });
    const known = new Set([
      PROCESS_MAX_FDS,
      ...Object.values(SELF_METRICS).map(({ name }) => name),
      ...Object.values(K6_METRICS).flatMap((metric) => k6Names(metric, strategy)),
      ...[METRICS.requestPermitsAvailable, METRICS.requestPermitsAvailableMin, METRICS.requestPermitsLimit].flatMap((metric) =>
        gaugeNames(metric, strategy),
      ),
      ...catalogue.flatMap(({ prometheus }) => {
        const name = strategy === "UnderscoreEscapingWithSuffixes" ? prometheus.suffixed : prometheus.plain;
        return ["", "_bucket", "_sum", "_count"].map((suffix) => name + suffix);
      }),
    ]);
    for (const { rules } of alertGroups({ strategy })) {
      const recorded = new Set<string>();
      for (const rule of rules) {
        expect(namesIn(rule.expr).filter((name) => !known.has(name) && !recorded.has(name))).toEqual([]);
        if (rule.kind === "record") recorded.add(rule.record);
      }
    }
  });

  test("are in the YAML as they are, each trap as a comment", () => {
    const groups = alertGroups({ strategy });
    const text = renderRules(groups);
    const found = (parse(text) as { readonly groups: readonly unknown[] }).groups;
    expect(found).toEqual(groups.map(asPrometheusHasIt));
    const comments = text
      .split("\n")
      .filter((line) => line.trim().startsWith("#"))
      .map((line) => line.trim().slice(2))
      .join(" ");
    for (const { trap } of alerts) expect(comments).toContain(trap);
  });
});

function asPrometheusHasIt({ name, intervalMs, rules }: RuleGroup): object {
  return {
    name,
    interval: `${intervalMs / 1000}s`,
    rules: rules.map((rule) =>
      rule.kind === "record"
        ? { record: rule.record, expr: rule.expr }
        : {
            alert: rule.alert,
            expr: rule.expr,
            ...(rule.forMs === 0 ? {} : { for: `${rule.forMs / 1000}s` }),
            labels: rule.labels,
            annotations: rule.annotations,
          },
    ),
  };
}

describe.each(ALERTS)("$alert", ({ alert, labels, annotations, forMs }) => {
  test("says how bad, whose, how much, how much is allowed, and where to read on", () => {
    expect(["page", "warn", "info"]).toContain(labels.severity);
    expect(["client", "client_or_network", "network", "proxy", "application", "store", "telemetry"]).toContain(labels.layer);
    expect(annotations.summary).not.toBe("");
    expect(annotations.description).toContain("{{ $value");
    expect(annotations.description).toContain("limit");
    expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
    expect(forMs).toBeLessThanOrEqual(MAX_FOR_MS);
  });

  test("has a runbook with all heads, none of them empty", () => {
    const text = readFileSync(`docs/runbooks/${alert}.md`, "utf8");
    expect(text.startsWith(`# ${alert}\n`)).toBe(true);
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split("\n", 1)[0])).toEqual(HEADS);
    for (const section of sections) expect(section.split("\n").slice(1).join("").trim().length).toBeGreaterThan(40);
  });
});

test("every runbook is about an alert, is in the list with its layer and severity, and its links lead somewhere", () => {
  const pages = readdirSync("docs/runbooks").filter((name) => name !== "README.md");
  expect(pages.sort()).toEqual(ALERTS.map(({ alert }) => `${alert}.md`).sort());
  const list = readFileSync("docs/runbooks/README.md", "utf8");
  for (const { alert, labels } of ALERTS) expect(list).toContain(`| [${alert}](${alert}.md) | ${labels.layer} | ${labels.severity} |`);
  const links = ["README.md", ...pages].flatMap((page) =>
    [...readFileSync(`docs/runbooks/${page}`, "utf8").matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] as string),
  );
  expect(links.filter((link) => !existsSync(`docs/runbooks/${link}`))).toEqual([]);
});

test("the example of an Alertmanager configuration speaks only of alerts that there are", () => {
  const text = readFileSync("config/alerts/alertmanager.yaml", "utf8");
  const named = [...text.matchAll(/alertname="(\w+)"/g)].map((match) => match[1]);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !ALERTS.some(({ alert }) => alert === name))).toEqual([]);
});

test.each([1000, 5000, 20_000])("with a sample every %d ms each window holds at least four", (sampleIntervalMs) => {
  for (const { rules } of alertGroups({ strategy: "UnderscoreEscapingWithSuffixes", sampleIntervalMs })) {
    for (const { expr } of rules) {
      for (const node of nodesOf("matrix-selector", parsePromql(expr))) {
        expect("rangeMs" in node ? node.rangeMs : 0, expr).toBeGreaterThanOrEqual(4 * sampleIntervalMs);
      }
    }
  }
});

test("thresholds are the team's own where given, in the rule as in its words", () => {
  const own = alertsOf({
    strategy: "UnderscoreEscapingWithSuffixes",
    fileDescriptorLimit: 65_536,
    rejectedRatio: 0.05,
    latencyTargetSeconds: 1,
    runbookBaseUrl: "https://example.org/",
  });
  const find = (name: string) => own.find(({ alert }) => alert === name) as AlertRule;
  expect(find("FileDescriptorsNearLimit").expr).toContain("+ 65536");
  expect(find("BackpressureRejecting").expr).toContain("> 0.05");
  expect(find("BackpressureRejecting").annotations.description).toContain("limit 5%");
  expect(find("LatencySLOBurning").expr).toContain('le=~"1|1.0"');
  expect(find("LatencySLOBurning").annotations.runbook_url).toBe("https://example.org/docs/runbooks/LatencySLOBurning.md");
});

test("a target is judged by a bucket at it, else by the next above it, powers of two among them; one above all buckets is refused", () => {
  expect(latencyBounds(2)).toEqual([2, 2.5]);
  expect(latencyBounds(2.5)).toEqual([2.5, 4]);
  expect(latencyBounds(3)).toEqual([3, 4, 5]);
  expect(latencyBounds(0.3)).toEqual([0.3, 0.5]);
  expect(latencyBounds(1)).toEqual([1]);
  expect(() => latencyBounds(11)).toThrow(RangeError);
  expect(ALERTS.find(({ alert }) => alert === "LatencySLOBurning")?.trap).toContain("the target of 2 s");
});

test("a threshold of nothing is refused by name", () => {
  expect(() => alertGroups({ strategy: "UnderscoreEscapingWithSuffixes", sampleIntervalMs: 0 })).toThrow(/sampleIntervalMs is 0/);
  expect(() => alertGroups({ strategy: "UnderscoreEscapingWithSuffixes", rejectedRatio: Number.NaN })).toThrow(/rejectedRatio is NaN/);
});
