/** What lint and tests read of a dashboard's JSON model; the model has more. */
export interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly schemaVersion: number;
  readonly tags: readonly string[];
  readonly templating: { readonly list: readonly VariableJson[] };
  readonly annotations: { readonly list: readonly AnnotationJson[] };
  readonly links: readonly { readonly type: string; readonly url?: string; readonly keepTime: boolean; readonly includeVars: boolean }[];
  readonly panels: readonly PanelJson[];
}

export interface VariableJson {
  readonly type: string;
  readonly name: string;
  readonly label?: string;
  readonly query?: string;
  readonly datasource?: DatasourceJson;
  readonly multi?: boolean;
  readonly allValue?: string;
  readonly refresh?: number;
}

export interface AnnotationJson {
  readonly name: string;
  readonly enable: boolean;
  readonly datasource: DatasourceJson;
  readonly expr?: string;
  readonly target?: { readonly type: string; readonly tags: readonly string[] };
}

export interface DatasourceJson {
  readonly type: string;
  readonly uid: string;
}

export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: DatasourceJson;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly TargetJson[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides: readonly { readonly properties: readonly { readonly id: string; readonly value: unknown }[] }[];
  };
}

export interface TargetJson {
  readonly refId: string;
  readonly expr: string;
  readonly datasource?: DatasourceJson;
  readonly exemplar?: boolean;
  readonly instant?: boolean;
}

/** Panels that ask something: all but the headings. */
export function queryPanels(dashboard: DashboardJson): readonly PanelJson[] {
  return dashboard.panels.filter(({ type }) => type !== "row");
}
