import { hostname } from "node:os";
import { z } from "zod";
import { receiver } from "../../pipeline/define.ts";
import { nginxCombined, nginxJson, nginxTiming } from "../../wire/generators/nginx-log.ts";
import type { LoadFormat } from "../../wire/generators/reader.ts";
import { witnessFileKeys } from "../witness-file-config.ts";
import { openWitnessFiles } from "../witness-files.ts";
import { missingFields } from "./missing-fields.ts";

const FORMATS: Readonly<Record<string, LoadFormat>> = { "nginx-timing": nginxTiming, "nginx-combined": nginxCombined, "nginx-json": nginxJson };

const nginxConfig = z.strictObject({
  /** Access logs; patterns with `*` find new ones while it runs. Compressed files are left alone. */
  paths: z.array(z.string().min(1)).min(1),
  format: z.enum(["auto", "nginx-timing", "nginx-combined", "nginx-json"]).default("auto"),
  /** `service.instance.id`; the name of this machine where it is not given. */
  instance: z.string().optional(),
  start_at: z.enum(["beginning", "end"]).default("end"),
  ...witnessFileKeys,
});

/** Follows access logs through rotation and truncation. What they cannot show: collector/wire/generators/nginx-log.ts. */
export const nginx = receiver({
  type: "nginx",
  about: "Follows access logs of nginx: each line a SERVER span of the proxy, with its upstream tries.",
  signals: ["traces", "metrics", "logs"],
  config: nginxConfig,
  async open(config, out, context) {
    let isLookedAt = false;
    return openWitnessFiles(
      {
        component: "nginx file",
        paths: config.paths,
        isPattern: true,
        startAt: config.start_at,
        pollIntervalMs: config.poll_interval,
        batchSize: config.batch_size,
        batchTimeoutMs: config.batch_timeout,
        instance: config.instance ?? hostname(),
        runId: config.run_id ?? "",
        route: () => routeByLine(FORMATS[config.format]),
        usualFormat: FORMATS[config.format] ?? nginxTiming,
        needsHeading: () => false,
        readsRest: false,
        watch(item, path) {
          if (isLookedAt || item.kind !== "request") return;
          isLookedAt = true;
          const missing = missingFields(item);
          if (missing.length > 0) context.log.warn({ path, missing }, `${path} does not tell ${missing.join(", ")}: ${REMEDY}`);
        },
      },
      out,
      context,
    );
  },
});

const REMEDY = "`pitwall nginx-format` prints a log_format that does";
/** As nginx-log.ts tells it. */
const TIMED = / rt=[\d.]+ /;

/** A log may change its format when nginx is reloaded. A line that is none of these goes to whoever had the one before. */
function routeByLine(given: LoadFormat | undefined): (line: string) => LoadFormat {
  if (given !== undefined) return () => given;
  let last: LoadFormat | undefined;
  return (line) => {
    if (line.startsWith("{")) last = nginxJson;
    else if (TIMED.test(line)) last = nginxTiming;
    else if (last !== nginxTiming) last = nginxCombined;
    return last;
  };
}
