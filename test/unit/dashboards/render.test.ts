import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SELF_METRICS } from "../../../collector/model/catalog-self.ts";
import { type DashboardJson, queryPanels } from "../../../dashboards/dashboard-json.ts";
import { EMPTY_QUERIES } from "../../../dashboards/empty-queries.ts";
import { inspectPromql } from "../../../dashboards/inspect-promql.ts";
import { NAMING_STRATEGIES, QUERIED_METRICS } from "../../../dashboards/names.ts";
import { renderDashboards } from "../../../dashboards/render.ts";
import { DASHBOARDS } from "./dashboards.ts";

const JSON_FOLDER = new URL("../../../dashboards/json/", import.meta.url);
/** What the installed SDK emits; Grafana migrates older and newer ones, but a change must be looked at. */
const SCHEMA_VERSION = 42;

test.each(DASHBOARDS)("dashboards/json/$strategy/$path is up to date (npm run gen)", ({ strategy, path }) => {
  const rendered = renderDashboards({ strategy }).find((candidate) => candidate.path === path);
  expect(readFileSync(new URL(`${strategy}/${path}`, JSON_FOLDER), "utf8")).toBe(rendered?.json);
});

test("dashboards/json holds nothing else", () => {
  const files = NAMING_STRATEGIES.flatMap((strategy) => {
    const folder = new URL(`${strategy}/`, JSON_FOLDER);
    return existsSync(folder) ? readdirSync(folder).map((file) => `${strategy}/${file}`) : [];
  });
  expect(files.sort()).toEqual(DASHBOARDS.map(({ strategy, path }) => `${strategy}/${path}`).sort());
});

test("uids are those that links and alerts hold, the same in both strategies", () => {
  for (const strategy of NAMING_STRATEGIES) {
    const uids = DASHBOARDS.filter((one) => one.strategy === strategy).map(({ path, dashboard }) => [path, dashboard.uid]);
    expect(uids).toEqual([
      ["load-run.json", "loadtest-run"],
      ["api-server.json", "loadtest-api-server"],
      ["collector.json", "loadtest-collector"],
    ]);
  }
});

describe.each(DASHBOARDS)("$strategy/$path", ({ dashboard }) => {
  const panels = queryPanels(dashboard);

  test("is a provisioned dashboard of the SDK's schema, tagged, with its variables, marks and links", () => {
    expect(dashboard).toMatchObject({ editable: false, schemaVersion: SCHEMA_VERSION, tags: ["loadtest"] });
    expect(dashboard.templating.list.slice(0, 4).map(({ name }) => name)).toEqual(["datasource", "job", "instance", "run"]);
    const [marks, run, phase] = dashboard.annotations.list;
    expect(marks).toMatchObject({ enable: true, datasource: { uid: "-- Grafana --" }, target: { type: "tags", tags: ["loadtest"] } });
    expect(run?.expr).toContain('loadtest_run_active{run_id=~"$run"}');
    expect(phase?.expr).toContain('loadtest_run_phase{run_id=~"$run"}');
    expect(dashboard.links).toHaveLength(2);
    for (const link of dashboard.links) {
      expect(link.keepTime).toBe(true);
      expect(link.includeVars || link.url?.includes("${run:queryparam}")).toBe(true);
    }
  });

  test("panels lie in the grid, one beside the other, with ids and titles of their own", () => {
    const taken = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      expect(x >= 0 && w > 0 && h > 0 && x + w <= 24, title).toBe(true);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(taken.has(`${column} ${row}`), `${title} lies on another panel`).toBe(false);
          taken.add(`${column} ${row}`);
        }
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  test("queries name only metrics of the catalogue, with refIds of their own", () => {
    const known = new Set<string>([
      ...Object.values(QUERIED_METRICS).flatMap(({ prometheus }) => Object.values(prometheus)),
      ...Object.values(SELF_METRICS).map(({ name }) => name),
    ]);
    for (const { title, targets = [] } of panels) {
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      for (const { metric } of targets.flatMap(({ expr }) => inspectPromql(expr).selectors)) {
        expect(
          [metric, metric.replace(/_(?:bucket|sum|count|ratio)$/, "")].some((name) => known.has(name)),
          `${title}: ${metric}`,
        ).toBe(true);
      }
    }
  });
});

test("queries of a histogram's course show their exemplars, and only range queries do", () => {
  for (const { targets = [], type } of DASHBOARDS.flatMap(({ dashboard }) => queryPanels(dashboard))) {
    for (const { expr, exemplar, instant } of targets) {
      const isCourse = instant !== true && /_bucket\b/.test(expr) && !expr.includes(SELF_METRICS.gcPause.name);
      expect(exemplar === true, `${type} ${expr}`).toBe(isCourse);
    }
  }
});

test("what may never have happened reads 0 and not nothing: 429 and drops", () => {
  for (const title of ["Answered with 429", "Dropped, by component and reason"]) {
    const found = DASHBOARDS.flatMap(({ dashboard }) => queryPanels(dashboard)).filter((panel) => panel.title === title);
    expect(found).toHaveLength(NAMING_STRATEGIES.length);
    for (const { targets = [] } of found) for (const { expr } of targets) expect(expr).toMatch(/ or vector\(0\)$/);
  }
});

test("the hop strip comes first, in the order of the hops, and says so where nobody measures", () => {
  for (const { dashboard } of DASHBOARDS.filter(({ path }) => path === "load-run.json")) {
    const strip = queryPanels(dashboard).slice(0, 5);
    expect(strip.map(({ title }) => title.replace(" ▸", ""))).toEqual(["Client", "Network", "Proxy", "Application", "Store"]);
    for (const panel of strip) {
      expect(panel).toMatchObject({ type: "stat", fieldConfig: { defaults: { noValue: "no witness" } } });
      expect(panel.description).toContain("Witness: ");
    }
  }
});

test("the strategies differ in names alone", () => {
  const shape = (strategy: string) =>
    DASHBOARDS.filter((one) => one.strategy === strategy).map(({ dashboard }) =>
      queryPanels(dashboard).map(({ id, title, gridPos, targets = [] }) => [id, title, gridPos, targets.length]),
    );
  expect(shape("plain")).toEqual(shape("suffixed"));
  const text = (strategy: string) => JSON.stringify(DASHBOARDS.filter((one) => one.strategy === strategy).map(({ dashboard }) => dashboard));
  expect(text("suffixed")).toContain("genarrative_puzzle_gallery_cache_hits_total");
  expect(text("plain")).not.toMatch(/cache_hits_total|duration_seconds_bucket/);
});

test("the preset genarrative asks for the name that its overrides give", () => {
  const all = (options: Parameters<typeof renderDashboards>[0]) => renderDashboards(options).map(({ json }) => json);
  expect(all({ strategy: "suffixed" }).join()).toContain("genarrative_spacetime_read_duration_ms_milliseconds_bucket");
  const preset = all({ strategy: "suffixed", preset: "genarrative" }).join();
  expect(preset).toContain("genarrative_spacetime_read_duration_ms_bucket");
  expect(preset).not.toContain("duration_ms_milliseconds");
  expect(all({ strategy: "plain", preset: "genarrative" })).toEqual(all({ strategy: "plain" }));
});

test("the list of queries that are empty on a healthy run names existing ones, each once", () => {
  const existing = DASHBOARDS.flatMap(({ dashboard }) => ids(dashboard));
  const listed = EMPTY_QUERIES.flatMap(({ dashboard, panel, refIds }) => refIds.map((refId) => `${dashboard} ${panel} ${refId}`));
  expect(listed.filter((id) => !existing.includes(id))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
  for (const { filledBy } of EMPTY_QUERIES) expect(filledBy.length).toBeGreaterThan(10);
});

function ids(dashboard: DashboardJson): readonly string[] {
  return queryPanels(dashboard).flatMap(({ title, targets = [] }) => targets.map(({ refId }) => `${dashboard.uid} ${title} ${refId}`));
}

test("permits and bodies in flight are read under both names that they may have: with suffixes a gauge of unit 1 ends in _ratio", () => {
  for (const { dashboard, strategy } of DASHBOARDS.filter(({ path }) => path === "api-server.json")) {
    const found = queryPanels(dashboard).filter(({ title }) => title === "Request permits" || title === "Response bodies in flight");
    const exprs = found.flatMap(({ targets = [] }) => targets.map(({ expr }) => inspectPromql(expr).selectors.map(({ metric }) => metric)));
    expect(exprs).toHaveLength(4);
    for (const [name, ...others] of exprs) expect(others).toEqual(strategy === "suffixed" ? [`${name}_ratio`] : []);
  }
  const overridden = renderDashboards({ strategy: "suffixed", preset: "genarrative" }).map(({ json }) => json);
  expect(overridden.join("")).not.toContain("_ratio");
});
