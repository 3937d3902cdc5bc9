import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  AnnotationQueryBuilder,
  AnnotationTargetBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Names } from "./names.ts";
import { DATASOURCE, type PanelPlan } from "./panels.ts";
import { SELECTED, select } from "./promql.ts";

export interface Section {
  readonly title: string;
  /** Rows of panels; all panels of a row are `height` grid units high. */
  readonly rows: readonly { readonly height: number; readonly panels: readonly PanelPlan[] }[];
}

/** Never changes: links, alerts and bookmarks hold them. */
export const PAGES = {
  "loadtest-run": { title: "Load run", about: "servers" },
  "loadtest-api-server": { title: "Api-server", about: "servers" },
  "loadtest-collector": { title: "Collector", about: "collector" },
} as const;
export type PageUid = keyof typeof PAGES;

export interface PageOptions {
  readonly uid: PageUid;
  readonly description: string;
  /** The metric whose labels the variables `job` and `instance` offer. */
  readonly servers: string;
  /** The page asks the proxy too: a variable says which jobs it is. */
  readonly hasProxy?: true;
  readonly sections: readonly Section[];
}

/** Grafana's own store of annotations. */
const GRAFANA = { type: "grafana", uid: "-- Grafana --" } as const;
export const TAG = "loadtest";
const GRID_COLUMNS = 24;

/** A dashboard with what all of ours have in common: variables, marks of the run, links to its sisters, panels set row by row. */
export function page(names: Names, options: PageOptions): Dashboard {
  const dashboard = new DashboardBuilder(PAGES[options.uid].title)
    .uid(options.uid)
    .description(options.description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-15m", to: "now" })
    .refresh("5s")
    .variables(variables(names, options))
    .annotations(annotations(names))
    .links(links(options));
  let y = 0;
  let id = 1;
  for (const section of options.sections) {
    dashboard.withRow(new RowBuilder(section.title).id(id++).gridPos({ x: 0, y: y++, w: GRID_COLUMNS, h: 1 }));
    for (const { height, panels } of section.rows) {
      let x = 0;
      for (const panel of panels) {
        dashboard.withPanel(panel.build({ id: id++, x, y, h: height }));
        x += panel.width;
      }
      y += height;
    }
  }
  return withoutMenuPlacement(dashboard.build());
}

function variables(names: Names, { servers, hasProxy }: PageOptions): Builder<VariableModel>[] {
  const query = (name: string, label: string, description: string, expression: string) =>
    new QueryVariableBuilder(name)
      .label(label)
      .description(description)
      .datasource(DATASOURCE)
      .query(expression)
      .definition(expression)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .multi(true)
      .includeAll(true)
      .allValue(".+")
      .current({ text: ["All"], value: ["$__all"] });
  return [
    new DatasourceVariableBuilder("datasource").label("Data source").description("A Prometheus, or what answers like one").type("prometheus"),
    query("job", "Job", "Service: service.namespace/service.name", `label_values(${servers}, job)`).sort(VariableSort.AlphabeticalAsc),
    query("instance", "Instance", "Process of the service: service.instance.id", `label_values(${select(servers, SELECTED[0])}, instance)`).sort(
      VariableSort.AlphabeticalAsc,
    ),
    query("run", "Run", "Load runs to mark on the panels", `label_values(${names("runInfo")}, run_id)`).sort(VariableSort.AlphabeticalDesc),
    ...(hasProxy === true
      ? [new TextBoxVariableBuilder("proxy").label("Proxy").description("Regular expression of the jobs that are the proxy").defaultValue("nginx.*")]
      : []),
  ];
}

/**
 * To the sisters, with time range and variables. `job` and `instance` are the servers' on some pages and the collector's on another: between those
 * two kinds they stay behind, or every panel there would be empty.
 */
function links({ uid }: PageOptions): DashboardLinkBuilder[] {
  return Object.entries(PAGES)
    .filter(([other]) => other !== uid)
    .map(([other, { title, about }]) => {
      const isSameKind = about === PAGES[uid].about;
      return new DashboardLinkBuilder(title)
        .type(DashboardLinkType.Link)
        .icon("dashboard")
        .tooltip("The same time range, with the same variables where they mean the same")
        .url(isSameKind ? `/d/${other}` : `/d/${other}?\${datasource:queryparam}&\${run:queryparam}`)
        .keepTime(true)
        .includeVars(isSameKind);
    });
}

/** Marks that somebody set in Grafana (exporter `grafana_annotations`), and those that need nothing but Prometheus. */
function annotations(names: Names): AnnotationQueryBuilder[] {
  const selected = 'run_id=~"$run"';
  return [
    new AnnotationQueryBuilder().name("Marks").datasource(GRAFANA).enable(true).iconColor("purple").target(taggedTarget()),
    new AnnotationQueryBuilder()
      .name("Run")
      .datasource(DATASOURCE)
      .enable(true)
      .iconColor("blue")
      .expr(`max by (run_id) (${select(names("runActive"), selected)}) == 1`)
      .step("5s")
      .titleFormat("run {{run_id}}")
      .tagKeys("run_id"),
    new AnnotationQueryBuilder()
      .name("Phase")
      .datasource(DATASOURCE)
      .enable(false)
      .iconColor("light-blue")
      .expr(`max by (run_id, phase) (${select(names("runPhase"), selected)}) == 1`)
      .step("5s")
      .titleFormat("{{phase}}")
      .textFormat("run {{run_id}}")
      .tagKeys("run_id,phase"),
  ];
}

/** The SDK's type of annotation targets knows only those of data sources; this one is Grafana's own. */
function taggedTarget(): Builder<Dataquery> {
  const target = new AnnotationTargetBuilder().type("tags").tags([TAG]).matchAny(false).limit(100).build();
  return { build: () => Object.assign(target, { _implementsDataqueryVariant: () => undefined }) };
}

/** The SDK hides links and annotations in a menu and offers no other place for them. */
function withoutMenuPlacement(dashboard: Dashboard): Dashboard {
  const visible = <T extends { placement?: unknown }>({ placement: _, ...rest }: T) => rest;
  return {
    ...dashboard,
    links: (dashboard.links ?? []).map(visible),
    annotations: { ...dashboard.annotations, list: (dashboard.annotations?.list ?? []).map(visible) },
  };
}
