import type { DashboardJson } from "../../../dashboards/dashboard-json.ts";
import { NAMING_STRATEGIES, type NamingStrategy } from "../../../dashboards/names.ts";
import { renderDashboards } from "../../../dashboards/render.ts";

export interface ParsedDashboard {
  readonly strategy: NamingStrategy;
  readonly path: string;
  readonly dashboard: DashboardJson;
}

/** Every dashboard in every naming strategy, as Grafana would read it. */
export const DASHBOARDS: readonly ParsedDashboard[] = NAMING_STRATEGIES.flatMap((strategy) =>
  renderDashboards({ strategy }).map(({ path, json }) => ({ strategy, path, dashboard: JSON.parse(json) as DashboardJson })),
);
