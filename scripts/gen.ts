import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { alertGroups } from "../collector/alerts/alert-groups.ts";
import { renderRules } from "../collector/alerts/render-rules.ts";
import { renderReportSchema } from "../collector/report/report-schema.ts";
import { renderOpenApi } from "../collector/web/run-api/openapi.ts";
import { renderJsonSchema } from "../config/json-schema.ts";
import { registry } from "../config/registry.ts";
import { renderAlertmanagerConfig } from "../config/stack/alertmanager-config.ts";
import { renderStack } from "../config/stack/render-stack.ts";
import { DEFAULT_STACK } from "../config/stack/stack-options.ts";
import { NAMING_STRATEGIES } from "../dashboards/names.ts";
import { renderDashboards } from "../dashboards/render.ts";
import { renderMetrics } from "../loadtest/render-metrics.ts";
import { renderConformance } from "../test/conformance/rows.ts";
import { renderAlertFiles } from "./gen/alert-files.ts";
import { renderComponentsDoc } from "./gen/components-doc.ts";
import { renderErrorsDoc } from "./gen/errors-doc.ts";
import { metricUsage } from "./gen/metric-usage.ts";
import { renderWitnessesDoc } from "./gen/witnesses-doc.ts";

/** Rewrites every file of the repository that is made from another; with `--check` only tells which ones are stale (exit code 1). */
const root = resolve(import.meta.dirname, "..");

/** Every generated file, in one list: path → its text as it should be. */
function generated(): ReadonlyMap<string, string> {
  return new Map([
    ...renderAlertFiles(),
    ["config/alerts/alertmanager.yaml", renderAlertmanagerConfig({ ...DEFAULT_STACK, webhookUrl: "http://127.0.0.1:9095/alerts" })],
    ["config/schema.json", renderJsonSchema(registry)],
    ["docs/components.md", renderComponentsDoc(registry)],
    ["docs/conformance.md", renderConformance()],
    ["docs/errors.md", renderErrorsDoc()],
    ["docs/metrics.md", renderMetrics(metricUsage())],
    ["docs/report.schema.json", renderReportSchema()],
    ["docs/openapi.json", renderOpenApi()],
    ["docs/witnesses.md", renderWitnessesDoc()],
    ...renderStack(DEFAULT_STACK, {
      rules: renderRules(alertGroups({ strategy: "UnderscoreEscapingWithSuffixes" })),
      dashboardsFolder: "./json/suffixed",
    }).map(({ path, text }): [string, string] => [`dashboards/${path}`, text]),
    ...NAMING_STRATEGIES.flatMap((strategy) =>
      renderDashboards({ strategy }).map(({ path, json }): [string, string] => [`dashboards/json/${strategy}/${path}`, json]),
    ),
  ]);
}

const isCheck = process.argv.includes("--check");
const stale: string[] = [];
for (const [path, text] of generated()) {
  const file = join(root, path);
  const current = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  if (current === text) continue;
  stale.push(path);
  if (isCheck) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (stale.length > 0) process.stdout.write(`${isCheck ? "stale, run `npm run gen`" : "written"}: ${stale.join(", ")}\n`);
process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
