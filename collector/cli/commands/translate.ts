import { type Recorded, readRecording, recordingParts } from "../../../exporters/file/read-recording.ts";
import { LoadError } from "../../model/errors.ts";
import type { CollectorConfig } from "../../pipeline/collector-config.ts";
import { z } from "../../pipeline/define.ts";
import { randomHashKey } from "../../pipeline/hash-key.ts";
import { SeriesStore } from "../../series/series-store.ts";
import type { Translation } from "../../series/translation.ts";
import { translationOf, translationSettings } from "../../series/translation-settings.ts";
import { type TranslationRow, TranslationTable } from "../../series/translation-table.ts";
import { metricColumnsOf } from "../../wire/scan-batch.ts";
import type { Terminal } from "../terminal.ts";

/** How one exporter of a configuration names metrics. */
export interface NamedTranslation {
  /** Its id, as `prometheus/2`. */
  readonly exporter: string;
  readonly translation: Translation;
}

const WITH_TRANSLATION: ReadonlySet<string> = new Set(["prometheus", "prometheusremotewrite"]);
const schema = z.looseObject({
  ...translationSettings,
  const_labels: z.record(z.string(), z.string()).default({}),
  external_labels: z.record(z.string(), z.string()).default({}),
});

/** Those of a configuration that write Prometheus series; undefined or without such an exporter: the defaults. */
export function translationsOf(config: CollectorConfig | undefined): readonly NamedTranslation[] {
  const found = [...(config?.exporters ?? [])].filter(([, { definition }]) => WITH_TRANSLATION.has(definition.type));
  if (found.length === 0) return [{ exporter: "prometheus", translation: translationOf(schema.parse({})) }];
  return found.map(([exporter, { config: keys }]) => {
    const settings = schema.parse(keys);
    return { exporter, translation: translationOf(settings, { ...settings.const_labels, ...settings.external_labels }) };
  });
}

/** Series that are looked at; a recording of more has shown its metrics by then. */
const MAX_SERIES = 500_000;

/**
 * Prints what the metrics of a recording (OTLP/JSON lines or protobuf, as the file exporter writes them) are called in Prometheus: one table
 * for each translation, as text or JSON, on stdout. Throws: E_FILE where the file cannot be read or has no metrics.
 */
export async function translate(
  file: string,
  translations: readonly NamedTranslation[],
  { json }: { readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const opened = translations.map(({ exporter, translation }) => {
    const table = new TranslationTable();
    const limits = { maxSeries: MAX_SERIES, expirationMs: Number.POSITIVE_INFINITY };
    const store = new SeriesStore(translation, limits, { keepExemplars: false, hashKey: randomHashKey(), onNaming: table.note });
    return { exporter, strategy: translation.strategy, table, store };
  });
  let points = 0;
  for await (const recorded of recording(file)) {
    if ("problem" in recorded) terminal.writeError(`${recorded.where}: ${recorded.problem}\n`);
    else if (recorded.batch.signal === "metrics") {
      points += recorded.batch.count;
      for (const { store } of opened) store.ingest(metricColumnsOf(recorded.batch), 0);
    }
  }
  if (points === 0) throw new LoadError("E_FILE", `${file}: no metrics in it`, { hint: "Record some with the file exporter, or give another file." });
  if (json) {
    const tables = opened.map(({ exporter, strategy, table }) => ({ exporter, strategy, metrics: table.rows() }));
    await terminal.writeOut(`${JSON.stringify(tables, null, 2)}\n`);
    return;
  }
  const blocks = opened.map(({ exporter, strategy, table }) => `${exporter}: ${strategy}\n${renderTranslation(table.rows())}`);
  await terminal.writeOut(blocks.join("\n"));
  for (const { exporter, table } of opened)
    if (table.surplus > 0) terminal.writeError(`${exporter}: ${table.surplus} further metrics are not listed\n`);
}

async function* recording(file: string): AsyncGenerator<Recorded> {
  try {
    for (const part of await recordingParts(file)) yield* readRecording(part, "metrics");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && "syscall" in error)) throw error;
    throw new LoadError("E_FILE", `${file}: ${error.message}`, { cause: error });
  }
}

/** What the reasons of a store mean to the reader of the table. */
const PROBLEMS: Readonly<Record<string, string>> = {
  type_conflict: "not shown: the name belongs to a metric of another type",
  invalid_name: "not shown: nothing of the name is left in Prometheus' alphabet",
};

/** An aligned table with a heading, for people. */
export function renderTranslation(rows: readonly TranslationRow[]): string {
  const cells = rows.map(({ metric, unit, name, type, labels, problem }) => [
    metric,
    unit === "" ? "-" : unit,
    name === "" ? "-" : name,
    type === "" ? "-" : type,
    problem === "" ? labels.join(", ") : (PROBLEMS[problem] ?? `not shown: ${problem}`),
  ]);
  const all = [["OTLP name", "unit", "Prometheus name", "type", "labels"], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] as string).length)));
  return `${all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")}\n`;
}
