import { buildReport } from "../../../collector/report/build-report.ts";
import type { RunReport } from "../../../collector/report/report-schema.ts";
import { sampleDiagnosis } from "./sample-diagnosis.ts";
import { FAILING, sampleLedger } from "./sample-ledger.ts";

/** What somebody might put into a label to see what becomes of it. */
export const HOSTILE = `</script><img src=x onerror="alert(1)"><!--</style>'"\u202eevil\u2028\u0007\u001b[2J @all https://evil.example {{x}} \ufffe`;

/** A report in which every text, keys of records too, is hostile or has hostile text in it; enumerated words stay. */
export function hostileReport(): RunReport {
  const ledger = sampleLedger(FAILING);
  const report = buildReport(ledger, sampleDiagnosis(ledger));
  const words = new Set<unknown>(["$schema", "schemaVersion"]);
  return spoil(report, words, "") as RunReport;
}

/** Fields whose values are words of the schema. */
const ENUMERATED = new Set(
  [
    "$schema schemaVersion state result hop confidence effect kind outer inner by law why outcome errorKind group style to source sources class window".split(
      " ",
    ),
  ].flat(),
);

function spoil(value: unknown, words: ReadonlySet<unknown>, key: string): unknown {
  if (typeof value === "string") return ENUMERATED.has(key) ? value : `${value}${HOSTILE}`;
  if (Array.isArray(value)) return value.map((item) => spoil(item, words, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, spoil(item, words, name)]));
}
