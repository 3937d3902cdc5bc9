import { describe, expect, test } from "vitest";
import type { DashboardJson } from "../../../dashboards/dashboard-json.ts";
import { inspectPromql } from "../../../dashboards/inspect-promql.ts";
import { type LintFinding, lintDashboard, RULE_NAMES, type RuleName } from "../../../dashboards/lint.ts";
import { LINT_WAIVERS, type LintWaiver } from "../../../dashboards/lint-waivers.ts";
import { DASHBOARDS } from "./dashboards.ts";

const waives = ({ rules, dashboard, panel, metrics }: LintWaiver, finding: LintFinding) =>
  rules.includes(finding.rule) && dashboard === finding.dashboard && panel === finding.panel && metrics.test(finding.metric ?? "");

describe.each(DASHBOARDS)("$strategy/$path", ({ dashboard }) => {
  const findings = lintDashboard(dashboard);

  test("keeps every rule of the dashboard linter that is not waived", () => {
    expect(findings.filter((finding) => !LINT_WAIVERS.some((waiver) => waives(waiver, finding)))).toEqual([]);
  });

  test("needs every waiver that it has, for each of its rules", () => {
    const own = LINT_WAIVERS.filter((waiver) => waiver.dashboard === dashboard.uid);
    const idle = own.flatMap((waiver) =>
      waiver.rules
        .filter((rule) => !findings.some((finding) => finding.rule === rule && waives(waiver, finding)))
        .map((rule) => `${waiver.panel}: ${rule}`),
    );
    expect(idle).toEqual([]);
  });
});

/** A dashboard without a fault, small enough to break one thing at a time. */
const SOUND = (DASHBOARDS.find(({ path }) => path === "api-server.json") as (typeof DASHBOARDS)[number]).dashboard;

function broken(change: (dashboard: Record<string, unknown>) => void): readonly RuleName[] {
  const copy = structuredClone(SOUND) as unknown as Record<string, unknown>;
  change(copy);
  return [...new Set(lintDashboard(copy as unknown as DashboardJson).map(({ rule }) => rule))];
}

const at = (dashboard: Record<string, unknown>, path: string): Record<string, unknown> =>
  path.split(".").reduce((node, key) => node[key] as Record<string, unknown>, dashboard);

/** Which change a rule must notice: the path of an object, and what of it becomes what. */
const BREAKS: Readonly<Record<RuleName, readonly [string, Readonly<Record<string, unknown>>]>> = {
  "template-datasource-rule": ["templating.list.0", { label: "Source" }],
  "template-job-rule": ["templating.list.1", { multi: false }],
  "template-instance-rule": ["templating.list.2", { allValue: ".*" }],
  "template-label-promql-rule": ["templating.list.3", { query: "label_values(up{, run_id)" }],
  "template-on-time-change-reload-rule": ["templating.list.3", { refresh: 1 }],
  "uneditable-dashboard": [".", { editable: true }],
  "panel-datasource-rule": ["panels.1", { datasource: { type: "prometheus", uid: "a1b2" } }],
  "panel-title-description-rule": ["panels.1", { description: "" }],
  "panel-units-rule": ["panels.1.fieldConfig.defaults", { unit: "furlongs" }],
  "panel-no-targets-rule": ["panels.1", { targets: [] }],
  "target-logql-rule": ["panels.1.targets.0", { datasource: { type: "loki", uid: "l" } }],
  "target-promql-rule": ["panels.1.targets.0", { expr: "sum by (instance (up)" }],
  "target-rate-interval-rule": ["panels.1.targets.0", { expr: 'rate(a_total{job=~"$job",instance=~"$instance"}[5m])' }],
  "target-job-rule": ["panels.1.targets.0", { expr: 'up{job="api",instance=~"$instance"}' }],
  "target-instance-rule": ["panels.1.targets.0", { expr: 'up{job=~"$job"}' }],
  "target-counter-agg-rule": ["panels.1.targets.0", { expr: 'sum(a_total{job=~"$job",instance=~"$instance"})' }],
};

test("the dashboard that the cases break is sound", () => {
  expect(lintDashboard(SOUND)).toEqual([]);
});

test.each(RULE_NAMES)("%s notices what breaks it", (rule) => {
  const [path, change] = BREAKS[rule];
  expect(broken((dashboard) => Object.assign(path === "." ? dashboard : at(dashboard, path), change))).toContain(rule);
});

test("selectors are found with their function, range and matchers, through variables and subqueries", () => {
  const { mistakes, selectors } = inspectPromql('rate(a{x="1",y=~"$job"}[$__rate_interval]) / max_over_time(timestamp(b == 1)[$__range:5s]) or c');
  expect(mistakes).toEqual([]);
  expect(selectors.map(({ metric, range, calledBy, matchers }) => ({ metric, range, calledBy, matchers }))).toEqual([
    { metric: "a", range: "$__rate_interval", calledBy: "rate", matchers: ['x="1"', 'y=~"$job"'] },
    { metric: "b", range: undefined, calledBy: undefined, matchers: [] },
    { metric: "c", range: undefined, calledBy: undefined, matchers: [] },
  ]);
});

test.each(["", "sum(rate(a[5m])", "a{b=}", "rate(a[])", "a ++ "])("%j is no PromQL", (expression) => {
  expect(inspectPromql(expression).mistakes).not.toEqual([]);
});
