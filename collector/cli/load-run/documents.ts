/** What judges runs and writes of them, all at once: the built form has it in a file of its own, read when it is needed (scripts/build.ts). */
export { diagnose } from "../../diagnose/diagnose.ts";
export { buildReport } from "../../report/build-report.ts";
export { compareLedgers } from "../../report/compare/compare-ledgers.ts";
export { measureNoise } from "../../report/compare/measure-noise.ts";
export { renderComparison, renderComparisonMarkdown, renderNoiseFloors } from "../../report/compare/render-comparison.ts";
export { renderConsole } from "../../report/render-console.ts";
export { renderHtml } from "../../report/render-html.ts";
export { renderJunit } from "../../report/render-junit.ts";
export { renderMarkdown } from "../../report/render-markdown.ts";
export { reportOf, writeReports } from "./write-reports.ts";
