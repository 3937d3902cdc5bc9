import { abReport } from "./ab-report.ts";
import { abGnuplot, abPercentiles } from "./ab-tables.ts";
import { artilleryReport } from "./artillery-report.ts";
import { autocannonReport } from "./autocannon-report.ts";
import { gatlingLog } from "./gatling-log.ts";
import { h2loadLog } from "./h2load-log.ts";
import { heyCsv } from "./hey-csv.ts";
import { heyReport } from "./hey-report.ts";
import { jmeterCsv } from "./jmeter-csv.ts";
import { k6Csv } from "./k6-csv.ts";
import { k6Json } from "./k6-json.ts";
import { k6SummaryExport } from "./k6-summary-export.ts";
import { k6SummaryMachine } from "./k6-summary-machine.ts";
import { locustExceptions, locustFailures, locustRequests } from "./locust-failures.ts";
import { locustHistory, locustStats } from "./locust-stats.ts";
import { nginxCombined, nginxJson, nginxTiming } from "./nginx-log.ts";
import { ohaReport } from "./oha-report.ts";
import type { LoadFormat } from "./reader.ts";
import { siegeReport } from "./siege-report.ts";
import { vegetaReport } from "./vegeta-report.ts";
import { vegetaCsv, vegetaJson } from "./vegeta-results.ts";
import { wrkReport } from "./wrk-report.ts";

/** Every format that is recognised by its content; a narrower one stands before a wider one. Mapped files are read by generic-reader.ts. */
export const LOAD_FORMATS: readonly LoadFormat[] = [
  k6Json,
  k6Csv,
  k6SummaryMachine,
  k6SummaryExport,
  nginxTiming,
  nginxCombined,
  vegetaJson,
  vegetaReport,
  autocannonReport,
  artilleryReport,
  ohaReport,
  siegeReport,
  nginxJson,
  locustStats,
  locustHistory,
  locustFailures,
  locustExceptions,
  locustRequests,
  jmeterCsv,
  heyCsv,
  heyReport,
  abGnuplot,
  abPercentiles,
  abReport,
  wrkReport,
  vegetaCsv,
  h2loadLog,
  gatlingLog,
];

export function formatNamed(name: string): LoadFormat | undefined {
  return LOAD_FORMATS.find(({ facts }) => facts.format === name);
}
