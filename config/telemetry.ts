import { z } from "zod";
import type { TelemetryConfig } from "../collector/pipeline/collector-config.ts";
import { hostPort } from "../collector/pipeline/settings.ts";
import type { Problem } from "./problem.ts";
import { formatPath, type Tree, treeAt } from "./tree.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

const reader = z
  .strictObject({
    pull: z
      .strictObject({
        exporter: z.strictObject({
          prometheus: z.strictObject({
            host: z.string().default("127.0.0.1"),
            port: z.int().min(0).max(65_535),
            without_scope_info: z.boolean().optional(),
            without_type_suffix: z.boolean().optional(),
            without_units: z.boolean().optional(),
            with_resource_constant_labels: z.unknown().optional(),
            translation_strategy: z.string().optional(),
          }),
        }),
      })
      .optional(),
    periodic: z.unknown().optional(),
  })
  .refine((value) => value.pull !== undefined && value.periodic === undefined, {
    message: "only pull readers with a prometheus exporter are known here: scrape the address, or send it on with another collector",
  });

/** `service.telemetry`: the collector's word about itself. Keys and defaults are otelcol's, but the address is 127.0.0.1:8888, not localhost. */
export const telemetrySchema = z.strictObject({
  metrics: z
    .strictObject({
      level: z.enum(["none", "basic", "normal", "detailed"]).default("normal"),
      address: hostPort().optional(),
      readers: z.array(reader).max(1, "one reader is known here").optional(),
      views: z.unknown().optional(),
    })
    .prefault({}),
  logs: z
    .strictObject({
      level: z
        .string()
        .transform((text) => text.toLowerCase())
        .pipe(z.enum(LEVELS))
        .default("info"),
      encoding: z.enum(["console", "json"]).default("console"),
      development: z.boolean().optional(),
      disable_caller: z.boolean().optional(),
      disable_stacktrace: z.boolean().optional(),
      sampling: z.unknown().optional(),
      initial_fields: z.unknown().optional(),
      output_paths: z.array(z.string()).optional(),
      error_output_paths: z.array(z.string()).optional(),
      processors: z.unknown().optional(),
    })
    .prefault({}),
  traces: z.unknown().optional(),
  resource: z.unknown().optional(),
});

/** Known to otelcol, without effect here: told as a warning. */
const WITHOUT_EFFECT = [
  ["metrics", "views"],
  ["logs", "sampling"],
  ["logs", "initial_fields"],
  ["logs", "output_paths"],
  ["logs", "error_output_paths"],
  ["logs", "processors"],
  ["traces"],
  ["resource"],
] as const;

export function telemetryOf(settings: z.output<typeof telemetrySchema>): TelemetryConfig {
  const { level, address, readers } = settings.metrics;
  const pull = readers?.[0]?.pull?.exporter.prometheus;
  const host = pull?.host ?? (address?.host === "" ? "0.0.0.0" : address?.host) ?? "127.0.0.1";
  return {
    metrics: { enabled: level !== "none" && readers?.length !== 0, host, port: pull?.port ?? address?.port ?? 8888 },
    logs: { level: settings.logs.level, encoding: settings.logs.encoding },
  };
}

export function telemetryWarnings(root: Tree): readonly Problem[] {
  return WITHOUT_EFFECT.flatMap((keys) => {
    const path = ["service", "telemetry", ...keys];
    const found = treeAt(root, path);
    const message = "known to otelcol, but without effect here";
    return found === undefined ? [] : [{ code: "E_CONFIG_INVALID", place: found.place, path: formatPath(path), message } as const];
  });
}
