import { K6_JSON_FACTS } from "./k6-json.ts";
import { K6Grouper } from "./k6-points.ts";
import { openTable, type Row } from "./open-table.ts";
import { numberOf } from "./parse-number.ts";
import { guessUnixUnit, parseAnyTime } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const K6_CSV_FACTS: FormatFacts = {
  ...K6_JSON_FACTS,
  format: "k6-csv",
  title: "CSV that `k6 run --out csv=FILE` writes.",
  time: "End of the request; in whole seconds unless K6_CSV_TIME_FORMAT says otherwise.",
  limits: [
    ...K6_JSON_FACTS.limits,
    "With times in seconds requests cannot be joined to log lines by time: set K6_CSV_TIME_FORMAT=unix_nano.",
    "Types of a script's own metrics are not in it; their points are given as gauges, which nothing adds up.",
    "Values of custom tags that hold `&` or `=` cannot be told from the separators.",
  ],
};

const REQUIRED = ["metric_name", "timestamp", "metric_value"];
const NOT_TAGS = new Set([...REQUIRED, "extra_tags", "metadata"]);

/** grafana/k6 internal/output/csv. The columns between value and extra_tags are the system tags that the script has on. */
export const k6Csv: LoadFormat = {
  facts: K6_CSV_FACTS,
  detect: ({ firstLine }) => firstLine.startsWith("metric_name,timestamp,metric_value"),
  open({ emit }) {
    let tagColumns: readonly string[] = [];
    let grouper: K6Grouper | undefined;
    const table = openTable({
      required: REQUIRED,
      onHeading(columns) {
        tagColumns = columns.filter((column) => !NOT_TAGS.has(column));
      },
      onRow(row) {
        const value = numberOf(row.get("metric_value"));
        if (value === undefined) return "bad_number";
        const time = row.get("timestamp");
        const timeUnixNano = parseAnyTime(time);
        if (timeUnixNano === undefined) return "bad_time";
        const metric = row.get("metric_name");
        if (metric === "") return "missing_field";
        grouper ??= new K6Grouper(emit, table.account, stepOf(time));
        const point = { metric, timeUnixNano, value, tags: tagsOf(row, tagColumns), metadata: pairsOf(row.get("metadata")) };
        return grouper.add(point, undefined, row.lineCount);
      },
      onEnd: () => grouper?.flush(),
    });
    return table;
  },
};

function stepOf(time: string): number {
  switch (guessUnixUnit(time)) {
    case "s":
      return 1000;
    case "ms":
      return 1;
    case undefined:
      return time.includes(".") ? 0 : 1000;
    default:
      return 0;
  }
}

function tagsOf(row: Row, columns: readonly string[]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const column of columns) {
    const value = row.get(column);
    if (value !== "") tags.set(column, value);
  }
  for (const [key, value] of pairsOf(row.get("extra_tags"))) tags.set(key, value);
  return tags;
}

/** `k=v&k2=v2`, not escaped. */
function pairsOf(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  if (text === "") return pairs;
  for (const pair of text.split("&")) {
    const at = pair.indexOf("=");
    if (at > 0) pairs.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return pairs;
}
