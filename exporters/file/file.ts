import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { SIGNALS } from "../../collector/model/batch.ts";
import { exporter, Refused, Rejected, z } from "../../collector/pipeline/define.ts";
import { duration } from "../../collector/pipeline/settings.ts";
import { recordBytes } from "./record-bytes.ts";
import { SignalFiles } from "./signal-files.ts";

const BYTES_PER_MEGABYTE = 1024 * 1024;

const config = z
  .strictObject({
    path: z.string().min(1),
    /** json: a line for each batch, all signals in one file. proto: a file for each signal (`run.pb` becomes `run.traces.pb`), because a message does not say what it is. */
    format: z.enum(["json", "proto"]).default("json"),
    compression: z.enum(["none", "zstd", ""]).default("none"),
    /** Given (`{}` will do): a full file is renamed with its time and a new one begun. */
    rotation: z
      .strictObject({
        max_megabytes: z.number().positive().default(100),
        /** 0 = backups are kept however old they are. */
        max_days: z.int().min(0).default(0),
        /** 0 = all are kept. */
        max_backups: z.int().min(0).default(100),
        /** Names by local time instead of UTC. */
        localtime: z.boolean().default(false),
      })
      .nullish()
      .transform((rotation) => rotation ?? undefined),
    /** How often written data is made safe from a power cut; 0 = at the end. A push always waits until the operating system has the data. */
    flush_interval: duration().default(1000),
    /** Without it and without rotation an existing file is emptied at the start (not at a reload). */
    append: z.boolean().default(false),
    /** Makes the folder of `path` where it is missing. */
    create_directory: z.boolean().default(false),
  })
  .refine(({ append, rotation }) => !(append && rotation !== undefined), {
    error: "append is not for files that rotate: they are always appended to",
    path: ["append"],
  });

/** Records telemetry so that `pitwall replay` can send it again. Exported means written, not buffered. */
export const file = exporter({
  type: "file",
  about: "Writes telemetry to a file as OTLP/JSON lines or protobuf, with rotation; pitwall replay sends it again.",
  signals: SIGNALS,
  config,

  async open(settings, { id, log }) {
    if (settings.create_directory) await mkdir(dirname(settings.path), { recursive: true });
    const { rotation } = settings;
    const files = new SignalFiles(settings.path, settings.format === "proto", {
      append: settings.append || rotation !== undefined,
      complain: (error, what) => log.error({ err: error, path: settings.path }, what),
      ...(rotation === undefined
        ? {}
        : {
            rotation: {
              maxBytes: rotation.max_megabytes * BYTES_PER_MEGABYTE,
              maxDays: rotation.max_days,
              maxBackups: rotation.max_backups,
              isLocalTime: rotation.localtime,
            },
          }),
    });
    await files.check(id);
    const timer = settings.flush_interval > 0 ? setInterval(() => void files.sync(log), settings.flush_interval).unref() : undefined;
    const recordFormat = { format: settings.format, compression: settings.compression === "zstd" ? "zstd" : "none" } as const;

    return {
      async push(batch) {
        const record = recordBytes(batch, recordFormat);
        try {
          await (await files.of(batch.signal)).write(record);
        } catch (error) {
          throw writeFault(error, batch.count, settings.path);
        }
      },
      async [Symbol.asyncDispose]() {
        clearInterval(timer);
        await files[Symbol.asyncDispose]();
      },
    };
  },
});

/** Conditions that pass when somebody makes room. */
const PASSING = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "EBUSY", "EAGAIN"]);
const RETRY_AFTER_MS = 5000;

/** What a failed write means for the batch. */
export function writeFault(error: unknown, items: number, path: string): Refused | Rejected {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`;
  if (PASSING.has(code)) return new Refused(message, { retryAfterMs: RETRY_AFTER_MS, overload: false, cause: error });
  return new Rejected(message, { items, reason: "write_failed", cause: error });
}
