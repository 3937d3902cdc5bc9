import { type DashboardJson, type PanelJson, queryPanels, type TargetJson, type VariableJson } from "./dashboard-json.ts";
import { inspectPromql, type Selector } from "./inspect-promql.ts";

export interface LintFinding {
  readonly rule: RuleName;
  /** uid of the dashboard. */
  readonly dashboard: string;
  /** Title of the panel; absent where the dashboard as a whole is meant. */
  readonly panel?: string;
  /** The metric whose selector is meant, if one is. */
  readonly metric?: string;
  readonly message: string;
}

/**
 * The rules of github.com/grafana/dashboard-linter (docs/index.md and lint/rule_*.go), by its names. Stricter here: they hold for every type of
 * panel and not only for those the linter knows, and every override's unit is looked at. Its LogQL rules have nothing to read: that no panel asks
 * Loki is the one here.
 */
const RULES = {
  "template-datasource-rule": templateDatasource,
  "template-job-rule": (dashboard) => templateLabel(dashboard, "job"),
  "template-instance-rule": (dashboard) => templateLabel(dashboard, "instance"),
  "template-label-promql-rule": templateQuery,
  "template-on-time-change-reload-rule": templateReload,
  "uneditable-dashboard": ({ editable }) => (editable ? [{ message: "can be edited in place, and the next provisioning undoes it" }] : []),
  "panel-datasource-rule": eachPanel(({ datasource }) => (datasource?.uid === "${datasource}" ? [] : ["does not ask ${datasource}"])),
  "panel-title-description-rule": eachPanel(({ title, description }) => (title && description ? [] : ["has no title or no description"])),
  "panel-units-rule": eachPanel(panelUnits),
  "panel-no-targets-rule": eachPanel(({ targets }) => (targets !== undefined && targets.length > 0 ? [] : ["asks nothing"])),
  "target-logql-rule": eachTarget(({ datasource }) => (datasource?.type === "prometheus" ? [] : [`asks ${datasource?.type}`])),
  "target-promql-rule": eachTarget(({ expr }) => inspectPromql(expr).mistakes.map((mistake) => `is no PromQL near "${mistake}"`)),
  "target-rate-interval-rule": eachSelector(({ calledBy, range, text }) =>
    (calledBy === "rate" || calledBy === "irate") && range !== "$__rate_interval" ? [`${text}[${range}]: use $__rate_interval`] : [],
  ),
  "target-job-rule": eachSelector((selector) => needsMatcher(selector, "job")),
  "target-instance-rule": eachSelector((selector) => needsMatcher(selector, "instance")),
  "target-counter-agg-rule": eachSelector(({ metric, calledBy, range }) =>
    /_total$/.test(metric) && (range === undefined || !["rate", "irate", "increase"].includes(calledBy ?? ""))
      ? [`the counter ${metric} is read without rate, irate or increase`]
      : [],
  ),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

type Rule = (dashboard: DashboardJson) => readonly Omit<LintFinding, "rule" | "dashboard">[];

export function lintDashboard(dashboard: DashboardJson): readonly LintFinding[] {
  return RULE_NAMES.flatMap((rule) => RULES[rule](dashboard).map((finding) => ({ ...finding, rule, dashboard: dashboard.uid })));
}

function templateDatasource({ templating }: DashboardJson) {
  const found = templating.list.filter(({ type }) => type === "datasource");
  const [only] = found;
  if (only === undefined || found.length > 1) return [{ message: `has ${found.length} data source variables instead of one` }];
  return only.name === "datasource" && only.label === "Data source" && only.query === "prometheus"
    ? []
    : [{ message: `its data source variable is not datasource, "Data source", of type prometheus` }];
}

function templateLabel({ templating }: DashboardJson, name: "job" | "instance") {
  const variable = templating.list.find((candidate) => candidate.name === name);
  if (variable === undefined) return [{ message: `has no variable ${name}` }];
  const wanted: readonly (readonly [unknown, unknown, string])[] = [
    [variable.type, "query", "type"],
    [variable.label, name === "job" ? "Job" : "Instance", "label"],
    [variable.datasource?.uid, "${datasource}", "datasource"],
    [variable.multi, true, "multi"],
    [variable.allValue, ".+", "allValue"],
  ];
  return wanted.filter(([is, must]) => is !== must).map(([is, must, key]) => ({ message: `variable ${name}: ${key} is ${is}, not ${must}` }));
}

const QUERY_FUNCTIONS = /^(label_names|label_values|metrics|query_result)\((.*)\)$/;

function templateQuery({ templating }: DashboardJson) {
  return queries(templating.list).flatMap(({ name, query = "" }) => {
    const given = QUERY_FUNCTIONS.exec(query);
    if (given === null) return [{ message: `variable ${name} asks ${query}` }];
    const expression = given[1] === "label_values" ? (given[2] as string).replace(/,\s*\w+$/, "") : (given[2] as string);
    return inspectPromql(expression).mistakes.map(() => ({ message: `variable ${name} is no PromQL: ${expression}` }));
  });
}

/** 2 = on time range change. */
function templateReload({ templating }: DashboardJson) {
  return queries(templating.list)
    .filter(({ refresh }) => refresh !== 2)
    .map(({ name }) => ({ message: `variable ${name} is not asked again when the time range changes` }));
}

function queries(variables: readonly VariableJson[]): readonly VariableJson[] {
  return variables.filter(({ type }) => type === "query");
}

/** Those that our panels use, of Grafana's list (packages/grafana-data/src/valueFormats/categories.ts); a new one is added here after a look there. */
const UNITS = new Set(["short", "percentunit", "bytes", "s", "ms", "reqps", "ops", "cps", "dateTimeAsLocal"]);

function panelUnits({ fieldConfig }: PanelJson): readonly string[] {
  const overrides = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "unit").map(({ value }) => value),
  );
  return [fieldConfig?.defaults.unit, ...overrides]
    .filter((unit) => !UNITS.has(String(unit)))
    .map((unit) => `has no unit that Grafana knows: ${unit}`);
}

function needsMatcher({ matchers, text }: Selector, label: string): readonly string[] {
  return matchers.includes(`${label}=~"$${label}"`) ? [] : [`${text} is not selected by $${label}`];
}

type Judged = Pick<LintFinding, "metric" | "message">;

function eachPanel(judge: (panel: PanelJson) => readonly string[]): Rule {
  return (dashboard) => queryPanels(dashboard).flatMap((panel) => judge(panel).map((message) => ({ panel: panel.title, message })));
}

function eachTarget(judge: (target: TargetJson) => readonly (string | Judged)[]): Rule {
  return (dashboard) =>
    queryPanels(dashboard).flatMap(({ title: panel, targets = [] }) =>
      targets.flatMap((target) =>
        judge(target)
          .map((found) => (typeof found === "string" ? { message: found } : found))
          .map((found) => ({ ...found, panel, message: `query ${target.refId}: ${found.message}` })),
      ),
    );
}

function eachSelector(judge: (selector: Selector) => readonly string[]): Rule {
  return eachTarget(({ expr }) =>
    inspectPromql(expr).selectors.flatMap((selector) => judge(selector).map((message) => ({ message, metric: selector.metric }))),
  );
}
