import { hostname } from "node:os";
import { z } from "zod";
import { receiver } from "../../pipeline/define.ts";
import { k6Csv } from "../../wire/generators/k6-csv.ts";
import { k6Json } from "../../wire/generators/k6-json.ts";
import type { LoadFormat } from "../../wire/generators/reader.ts";
import { witnessFileKeys } from "../witness-file-config.ts";
import { openWitnessFiles } from "../witness-files.ts";

const FORMATS: Readonly<Record<string, LoadFormat>> = { "k6-json": k6Json, "k6-csv": k6Csv };

const k6Config = z.strictObject({
  /** The file of `k6 run --out json=FILE` or `--out csv=FILE`; it need not be there yet. */
  path: z
    .string()
    .min(1)
    .refine(
      (path) => !/\.gz$/i.test(path),
      "k6 writes a .gz file only when it ends, so nothing can be followed in it: leave out the .gz, or give the finished file to `pitwall import`",
    ),
  format: z.enum(["auto", "k6-json", "k6-csv"]).default("auto"),
  /** `service.instance.id`; the name of this machine where it is not given. */
  instance: z.string().optional(),
  start_at: z.enum(["beginning", "end"]).default("beginning"),
  ...witnessFileKeys,
});

/** Follows what a running k6 writes. Which file, and what it cannot show: collector/wire/generators/k6-json.ts. */
export const k6 = receiver({
  type: "k6",
  about: "Follows the NDJSON or CSV file that a running k6 writes: each request a CLIENT span, all else metrics.",
  signals: ["traces", "metrics", "logs"],
  config: k6Config,
  async open(config, out, context) {
    return openWitnessFiles(
      {
        component: "k6 file",
        paths: [config.path],
        isPattern: false,
        startAt: config.start_at,
        pollIntervalMs: config.poll_interval,
        batchSize: config.batch_size,
        batchTimeoutMs: config.batch_timeout,
        instance: config.instance ?? hostname(),
        runId: config.run_id ?? "",
        route: () => routeByFirstLine(FORMATS[config.format]),
        usualFormat: FORMATS[config.format] ?? k6Json,
        needsHeading: (format) => format === k6Csv,
        readsRest: true,
      },
      out,
      context,
    );
  },
});

/** A file has one format from its first line on. */
function routeByFirstLine(given: LoadFormat | undefined): (line: string) => LoadFormat {
  let format = given;
  return (line) => {
    format ??= line.startsWith("{") ? k6Json : k6Csv;
    return format;
  };
}
