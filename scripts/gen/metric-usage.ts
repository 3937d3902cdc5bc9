import { alertGroups } from "../../collector/alerts/alert-groups.ts";
import type { Rule } from "../../collector/alerts/rule.ts";
import { type DashboardJson, queryPanels } from "../../dashboards/dashboard-json.ts";
import { renderDashboards } from "../../dashboards/render.ts";

/** Who reads a metric, by the Prometheus family name that it has with suffixes. */
export interface MetricUsage {
  /** `Api-server: Request permits`, in the order of the dashboards. */
  panels(family: string): readonly string[];
  alerts(family: string): readonly string[];
}

export function metricUsage(): MetricUsage {
  const panels = renderDashboards({ strategy: "suffixed" })
    .map(({ json }) => JSON.parse(json) as DashboardJson)
    .flatMap((dashboard) =>
      queryPanels(dashboard).map(({ title, targets = [] }) => ({
        name: `${dashboard.title}: ${title.replace(/ ▸$/, "")}`,
        text: targets.map(({ expr }) => expr).join("\n"),
      })),
    );
  const rules = alertGroups({ strategy: "UnderscoreEscapingWithSuffixes" }).flatMap((group) => group.rules);
  return {
    panels: (family) => panels.filter(({ text }) => reads(text, family)).map(({ name }) => name),
    alerts: (family) => alertsOn(rules, family),
  };
}

/** Directly, or through a recorded series. */
function alertsOn(rules: readonly Rule[], family: string): readonly string[] {
  return rules
    .flatMap((rule) => {
      if (!reads(rule.expr, family)) return [];
      return rule.kind === "alert" ? [rule.alert] : alertsOn(rules, rule.record);
    })
    .filter((alert, index, all) => all.indexOf(alert) === index);
}

/** Whether an expression names the family or one of its parts, in a selector or in a matcher of `__name__`. */
function reads(expression: string, family: string): boolean {
  return new RegExp(`(?<![\\w:])${family}(?:_bucket|_sum|_count|\\(_ratio\\)\\?|_ratio)?(?![\\w:])`).test(expression);
}
