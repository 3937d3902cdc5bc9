import type { AlertState } from "../../collector/alerts/alert-state.ts";
import type { Log } from "../../collector/pipeline/define.ts";
import type { AlertChange } from "./alert-board.ts";

/** Label sets of one alert that one evaluation tells of, each way. */
const MAX_LINES = 10;

/** One line per alert that fires or is resolved: `severity: page` as an error, `info` as information, anything else as a warning. */
export function logChange(log: Log, { alertname, fired, resolved }: AlertChange): void {
  for (const alert of fired.slice(0, MAX_LINES)) {
    const { summary = alertname, runbook_url } = alert.annotations;
    const fields = { ...fieldsOf(alertname, alert), ...(runbook_url === undefined ? {} : { runbook: runbook_url }) };
    log[levelOf(alert)](fields, `alert ${alertname}: ${summary}`);
  }
  for (const alert of resolved.slice(0, MAX_LINES)) {
    const seconds = Math.round(((alert.resolvedMs ?? 0) - (alert.firedMs ?? 0)) / 1000);
    log.info({ ...fieldsOf(alertname, alert), firedForSeconds: seconds }, `alert ${alertname} is resolved`);
  }
  const more = Math.max(fired.length - MAX_LINES, 0) + Math.max(resolved.length - MAX_LINES, 0);
  if (more > 0) log.warn({ alertname, more }, `alert ${alertname}: ${more} more label sets have changed`);
}

function fieldsOf(alertname: string, { labels, value }: AlertState): Record<string, unknown> {
  const { alertname: _, layer, severity, ...others } = labels.toRecord();
  return { alertname, ...(layer === undefined ? {} : { layer }), ...(severity === undefined ? {} : { severity }), value, labels: others };
}

function levelOf({ labels }: AlertState): "error" | "warn" | "info" {
  const severity = labels.get("severity");
  return severity === "page" || severity === "critical" ? "error" : severity === "info" ? "info" : "warn";
}
