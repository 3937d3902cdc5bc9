import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DataTransformerConfig,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** The variable that every panel asks. */
export const DATASOURCE = { type: "prometheus", uid: "${datasource}" } as const;

/** What is said where no series answers: not 0, which would be a measurement. */
const NO_WITNESS = "no witness";

export interface Query {
  readonly expr: string;
  readonly legend: string;
  /** Of a histogram's buckets: show their exemplars, which link to traces. */
  readonly exemplar?: true;
  /** Of this query alone, where the panel shows several kinds of values. */
  readonly unit?: string;
}

export interface PanelText {
  readonly title: string;
  /** What it shows, and how to read it. */
  readonly description: string;
  /** Grafana's id of a unit. */
  readonly unit: string;
}

/** A panel with its width in the grid's 24 columns; place and id come from the page it is put on. */
export interface PanelPlan {
  readonly width: number;
  build(place: { readonly id: number; readonly x: number; readonly y: number; readonly h: number }): Builder<Panel>;
}

export interface TimeSeriesOptions extends PanelText {
  readonly queries: readonly Query[];
  readonly width?: number;
  readonly isStacked?: true;
  /** Legends that are limits, drawn as dashed red lines. */
  readonly limits?: RegExp;
  /** 1 for shares. */
  readonly max?: number;
}

export function timeSeries(options: TimeSeriesOptions): PanelPlan {
  const width = options.width ?? 12;
  return {
    width,
    build({ id, ...at }) {
      const panel = new TimeSeriesBuilder()
        .id(id)
        .title(options.title)
        .description(options.description)
        .unit(options.unit)
        .datasource(DATASOURCE)
        .gridPos({ ...at, w: width })
        .targets(options.queries.map((query, index) => target(query, index)))
        .min(0)
        .fillOpacity(options.isStacked === true ? 40 : 8)
        .showPoints(VisibilityMode.Never)
        .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
        .legend(
          new VizLegendOptionsBuilder()
            .displayMode(LegendDisplayMode.Table)
            .placement(LegendPlacement.Bottom)
            .showLegend(true)
            .calcs(["lastNotNull", "max"]),
        );
      if (options.max !== undefined) panel.max(options.max);
      if (options.isStacked === true) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
      if (options.limits !== undefined) {
        panel.overrideByRegexp(`/${options.limits.source}/`, [
          { id: "color", value: { mode: "fixed", fixedColor: "red" } },
          { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
          { id: "custom.fillOpacity", value: 0 },
        ]);
      }
      for (const [index, { unit }] of options.queries.entries()) {
        if (unit !== undefined) panel.overrideByQuery(refId(index), [{ id: "unit", value: unit }]);
      }
      return panel;
    },
  };
}

export interface StatOptions extends PanelText {
  /** Evaluated once, at the end of the time range. */
  readonly queries: readonly Query[];
  readonly width: number;
}

/** Some numbers about the whole time range. */
export function stat(options: StatOptions): PanelPlan {
  return {
    width: options.width,
    build({ id, ...at }) {
      const panel = new StatBuilder()
        .id(id)
        .title(options.title)
        .description(options.description)
        .unit(options.unit)
        .datasource(DATASOURCE)
        .gridPos({ ...at, w: options.width })
        .targets(options.queries.map((query, index) => target(query, index).instant()))
        .noValue(NO_WITNESS)
        .textMode(BigValueTextMode.ValueAndName)
        .colorMode(BigValueColorMode.None)
        .graphMode(BigValueGraphMode.None)
        .orientation(VizOrientation.Horizontal)
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
      for (const [index, { unit }] of options.queries.entries()) {
        if (unit !== undefined) panel.overrideByQuery(refId(index), [{ id: "unit", value: unit }]);
      }
      return panel;
    },
  };
}

/** Of one histogram: `query` gives its buckets by `le`. */
export function heatmap(options: PanelText & { readonly query: Query; readonly width?: number }): PanelPlan {
  const width = options.width ?? 12;
  return {
    width,
    build: ({ id, ...at }) =>
      new HeatmapBuilder()
        .id(id)
        .title(options.title)
        .description(options.description)
        .unit("short")
        .datasource(DATASOURCE)
        .gridPos({ ...at, w: width })
        .withTarget(target(options.query, 0).format(PromQueryFormat.Heatmap))
        .calculate(false)
        .yAxis(new YAxisConfigBuilder().unit(options.unit))
        .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme("Oranges").steps(64)),
  };
}

/** Which of some states hold when: one lane a series, filled where its value is 1. */
export function stateTimeline(options: PanelText & { readonly query: Query; readonly width?: number }): PanelPlan {
  const width = options.width ?? 24;
  return {
    width,
    build: ({ id, ...at }) =>
      new StateTimelineBuilder()
        .id(id)
        .title(options.title)
        .description(options.description)
        .unit(options.unit)
        .datasource(DATASOURCE)
        .gridPos({ ...at, w: width })
        .withTarget(target(options.query, 0))
        .mergeValues(true)
        .showValue(VisibilityMode.Never)
        .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
        .thresholds(
          new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
            { value: null, color: "transparent" },
            { value: 1, color: "blue" },
          ]),
        )
        .mappings([{ type: MappingType.ValueToText, options: { "0": { text: "over", index: 0 }, "1": { text: "under way", index: 1 } } }]),
  };
}

export interface TableOptions extends PanelText {
  readonly queries: readonly Query[];
  readonly width?: number;
  readonly transformations: readonly DataTransformerConfig[];
  /** By column name. */
  readonly units: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, { readonly title: string; readonly url: string }>>;
}

export function table(options: TableOptions): PanelPlan {
  const width = options.width ?? 24;
  return {
    width,
    build({ id, ...at }) {
      const panel = new TableBuilder()
        .id(id)
        .title(options.title)
        .description(options.description)
        .unit(options.unit)
        .datasource(DATASOURCE)
        .gridPos({ ...at, w: width })
        .targets(options.queries.map((query, index) => target(query, index).instant().format(PromQueryFormat.Table)))
        .transformations([...options.transformations]);
      for (const [column, unit] of Object.entries(options.units)) panel.overrideByName(column, [{ id: "unit", value: unit }]);
      for (const [column, { title, url }] of Object.entries(options.links)) {
        panel.overrideByName(column, [{ id: "links", value: [{ title, url }] }]);
      }
      return panel;
    },
  };
}

function target({ expr, legend, exemplar }: Query, index: number): DataqueryBuilder {
  const query = new DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend).datasource(DATASOURCE).range();
  return exemplar === true ? query.exemplar(true) : query;
}

function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}
