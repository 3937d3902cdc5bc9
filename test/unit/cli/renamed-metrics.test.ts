import { describe, expect, test } from "vitest";
import { alertGroups } from "../../../collector/alerts/alert-groups.ts";
import { renameDashboard, renamedMetrics, renameQuery, renameRules } from "../../../collector/cli/commands/renamed-metrics.ts";
import { ATTRIBUTES } from "../../../collector/model/catalog.ts";
import { RUN_ATTRIBUTES } from "../../../collector/model/catalog-run.ts";
import { parsePromql } from "../../../collector/promql/parse-promql.ts";
import { metricOverrides } from "../../../collector/series/metric-overrides.ts";
import type { Translation } from "../../../collector/series/translation.ts";
import { labelName, SERVER_LABEL_RULES, SPEC_LABEL_RULES } from "../../../collector/wire/prometheus-label.ts";
import type { DashboardJson } from "../../../dashboards/dashboard-json.ts";
import { lintDashboard } from "../../../dashboards/lint.ts";
import { LINT_WAIVERS } from "../../../dashboards/lint-waivers.ts";
import { renderDashboards } from "../../../dashboards/render.ts";

const STRATEGIES = { suffixed: "UnderscoreEscapingWithSuffixes", plain: "UnderscoreEscapingWithoutSuffixes" } as const;
const NAMINGS = ["suffixed", "plain"] as const;

function translation(naming: keyof typeof STRATEGIES, overrides: Translation["overrides"] = []): Translation {
  return { strategy: STRATEGIES[naming], namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true, overrides };
}

const USERS_OWN = metricOverrides(
  [
    { metric: "http.server.request.duration", name: "api.latency" },
    { metric: "genarrative.http.server.request_permits.available", name: "permits.free" },
    { metric: "http_reqs", name: "requests_made" },
    { metric: "iterations", name: "rounds" },
  ],
  "genarrative",
);

describe.each(NAMINGS)("%s", (naming) => {
  test("nothing is renamed where the configuration renames nothing", () => {
    const renamed = renamedMetrics(naming, translation(naming));
    expect([...renamed.numbers, ...renamed.histograms]).toEqual([]);
    for (const { json } of renderDashboards({ strategy: naming })) expect(renameDashboard(json, renamed)).toBe(json);
  });

  test("dashboards of a user's own names are sound, and no old name is left", () => {
    const renamed = renamedMetrics(naming, translation(naming, USERS_OWN));
    for (const { json, path } of renderDashboards({ strategy: naming })) {
      const text = renameDashboard(json, renamed);
      const dashboard = JSON.parse(text) as DashboardJson;
      const unwaived = lintDashboard(dashboard).filter(
        ({ dashboard: uid, panel, rule }) =>
          !LINT_WAIVERS.some((waiver) => waiver.dashboard === uid && waiver.panel === panel && waiver.rules.includes(rule)),
      );
      expect(unwaived, path).toEqual([]);
      expect(text).not.toMatch(/http_server_request_duration|request_permits_available[{"_]+(?!min)[a-z]*ratio|"[^"]*\bhttp_reqs/);
      expect(dashboard.templating.list.some(({ query }) => query?.includes("api_latency"))).toBe(path !== "collector.json");
    }
  });

  test("rules of a user's own names are PromQL, and no old name is left", () => {
    const groups = renameRules(alertGroups({ strategy: STRATEGIES[naming] }), renamedMetrics(naming, translation(naming, USERS_OWN)));
    const exprs = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
    for (const expr of exprs) expect(() => parsePromql(expr)).not.toThrow();
    const all = exprs.join("\n");
    expect(all).not.toMatch(/http_server_request_duration|request_permits_available(?!_min)|(?<!k6_)\bhttp_reqs|(?<!k6_|dropped_)\biterations/);
    expect(all).toContain("api_latency");
    expect(all).toContain("min_over_time(permits_free[20s])");
    expect(all).toContain("job_instance:http_requests:rate30s");
  });
});

test("the preset genarrative takes the second unit away", () => {
  const renamed = renamedMetrics("suffixed", translation("suffixed", metricOverrides([], "genarrative")));
  expect([...renamed.histograms]).toEqual([["genarrative_spacetime_read_duration_ms_milliseconds", "genarrative_spacetime_read_duration_ms"]]);
  expect(renameQuery("rate(genarrative_spacetime_read_duration_ms_milliseconds_bucket[1m])", renamed)).toBe(
    "rate(genarrative_spacetime_read_duration_ms_bucket[1m])",
  );
  // What the preset takes for no ratio has no such name any more.
  expect(renamed.numbers.get("genarrative_http_server_request_permits_available_ratio")).toBe("genarrative_http_server_request_permits_available");
});

test("whole metric names only: no label, no text, no longer name, and none twice", () => {
  const renamed = {
    numbers: new Map([
      ["vus", "users"],
      ["users", "vus"],
    ]),
    histograms: new Map([["d", "e"]]),
  };
  expect(
    renameQuery('sum by (job) (vus{vus="vus"}) + users - my_vus + vus:x - d_bucket{le="d_bucket"} / d_count + label_values(vus, job)', renamed),
  ).toBe('sum by (job) (users{vus="vus"}) + vus - my_vus + vus:x - e_bucket{le="d_bucket"} / e_count + label_values(users, job)');
});

test("labels that queries name are the same under both ways of escaping them", () => {
  for (const { name } of [...ATTRIBUTES, ...RUN_ATTRIBUTES]) {
    expect(labelName(name, { ...SERVER_LABEL_RULES, utf8: false })).toBe(labelName(name, { ...SPEC_LABEL_RULES, utf8: false }));
  }
});
