import type { LogRecord } from "../../collector/model/log-record.ts";
import { attributesText, FLUSH } from "./attributes-text.ts";
import { detailedHeaders } from "./detailed-headers.ts";
import { Groups } from "./groups.ts";
import { timeText } from "./time-text.ts";
import { typedText } from "./value-text.ts";

const SEVERITY_LEVELS = ["Trace", "Debug", "Info", "Warn", "Error", "Fatal"];

const HEADERS = detailedHeaders("logs");

/** Log records as otelcol's debug exporter prints them at `verbosity: detailed` (exporter/debugexporter/internal/otlptext, v0.159.0). */
export function detailedLogs(records: readonly LogRecord[]): string {
  const groups = new Groups(HEADERS);
  let out = "";
  for (const record of records) {
    out += groups.enter(record.resource, record.scope);
    out +=
      `LogRecord #${groups.itemIndex}\nObservedTimestamp: ${timeText(record.observedUnixNano)}\nTimestamp: ${timeText(record.timeUnixNano)}\n` +
      `SeverityText: ${record.severityText}\nSeverityNumber: ${severityWord(record.severityNumber)}(${record.severityNumber})\n` +
      `${record.eventName === "" ? "" : `EventName: ${record.eventName}\n`}Body: ${typedText(record.body.kind, record.body.value)}\n` +
      `${attributesText("Attributes:\n", FLUSH, record.attributes)}Trace ID: ${record.traceId}\nSpan ID: ${record.spanId}\nFlags: ${record.flags}\n`;
  }
  return out;
}

/** opentelemetry/proto/logs/v1/logs.proto `SeverityNumber`: six levels of four steps from 1; "" for numbers beyond them. */
function severityWord(severity: number): string {
  if (severity === 0) return "Unspecified";
  const step = (severity - 1) % 4;
  const level = SEVERITY_LEVELS[Math.floor((severity - 1) / 4)];
  return level === undefined ? "" : step === 0 ? level : `${level}${step + 1}`;
}
