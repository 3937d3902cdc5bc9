import type { LogRecord } from "../../collector/model/log-record.ts";
import { Groups } from "./groups.ts";
import { normalHeaders, pairsText } from "./normal-headers.ts";
import { bareText } from "./value-text.ts";

const HEADERS = normalHeaders("logs");

/** A line for each record (more where its body has more), as otelcol's debug exporter prints at `verbosity: normal` (internal/normal, v0.159.0). */
export function normalLogs(records: readonly LogRecord[]): string {
  const groups = new Groups(HEADERS);
  let out = "";
  for (const record of records) {
    out += groups.enter(record.resource, record.scope);
    out += `${bareText(record.body)} ${pairsText(record.attributes, " ")}\n`;
  }
  return out;
}
