import { z } from "../pipeline/define.ts";
import { LABEL_COMPATIBILITIES, SERVER_LABEL_RULES, SPEC_LABEL_RULES } from "../wire/prometheus-label.ts";
import { strategyWith, TRANSLATION_STRATEGIES } from "../wire/prometheus-name.ts";
import { UNIT_SPELLINGS } from "../wire/prometheus-unit.ts";
import { globPattern, metricOverrides, OVERRIDE_INSTRUMENTS, OVERRIDE_PRESETS, type OverridePreset, overrideProblem } from "./metric-overrides.ts";
import type { ResourcePromotion, Translation } from "./translation.ts";

const override = z
  .strictObject({
    /** OTLP name; `*` stands for any characters. */
    metric: z.string().min(1),
    /** In place of the OTLP name; prefix and suffixes follow as for any other. */
    name: z.string().min(1).optional(),
    /** UCUM; "" = none. */
    unit: z.string().optional(),
    instrument: z.enum(OVERRIDE_INSTRUMENTS).optional(),
  })
  .superRefine((row, check) => {
    const problem = overrideProblem(row);
    if (problem !== undefined) check.addIssue({ code: "custom", message: problem });
  });

const promotion = z
  .strictObject({
    /** All resource attributes. */
    enabled: z.boolean().default(false),
    /** These only; `*` stands for any characters. */
    promote: z.array(z.string().min(1)).default([]),
    /** Never these, whatever the other two say. */
    except: z.array(z.string().min(1)).default([]),
  })
  .superRefine(({ enabled, promote }, check) => {
    if (enabled && promote.length > 0) {
      check.addIssue({
        code: "custom",
        path: ["promote"],
        message: "has no effect beside `enabled: true`, which promotes all; use `except` to leave some out",
      });
    }
  })
  .prefault({});

/** The config keys that decide about names and labels, for every exporter that writes Prometheus series: spread them into its own schema. */
export const translationSettings = {
  translation_strategy: z.enum(TRANSLATION_STRATEGIES).optional(),
  /** False: UnderscoreEscapingWithoutSuffixes. Only where no strategy is given. */
  add_metric_suffixes: z.boolean().default(true),
  namespace: z.string().default(""),
  resource_to_telemetry_conversion: promotion,
  without_scope_info: z.boolean().default(false),
  keep_identifying_resource_attributes: z.boolean().default(false),
  /** What becomes of deltas: added up, or turned down as by Prometheus' own OTLP receiver. */
  delta_temporality: z.enum(["accumulate", "drop"]).default("accumulate"),
  label_compat: z.enum(LABEL_COMPATIBILITIES).default("specification"),
  unit_spelling: z.enum(UNIT_SPELLINGS).default("prometheus"),
  metric_overrides: z.array(override).default([]),
  metric_overrides_preset: z.enum(Object.keys(OVERRIDE_PRESETS) as [OverridePreset, ...OverridePreset[]]).default("none"),
};

const settings = z.object(translationSettings);
export type TranslationSettings = z.output<typeof settings>;

/** Labels for every series (`const_labels`, `external_labels`): names that Prometheus takes, none that a histogram or the server needs. */
export function labelRecord(): z.ZodType<Record<string, string>, Record<string, string> | undefined> {
  const name = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "not a label name")
    .refine((label) => !label.startsWith("__") && label !== "le" && label !== "quantile", "is reserved");
  return z.record(name, z.string()).default({});
}

/** What the settings mean. `constLabels` are those of `labelRecord()`, under whatever key the exporter has them. */
export function translationOf(config: TranslationSettings, constLabels: Readonly<Record<string, string>> = {}): Translation {
  return {
    strategy: config.translation_strategy ?? strategyWith(false, config.add_metric_suffixes),
    namespace: config.namespace,
    constLabels,
    promoteResource: promotionOf(config.resource_to_telemetry_conversion),
    scopeInfo: !config.without_scope_info,
    labelRules: config.label_compat === "prometheus-server" ? SERVER_LABEL_RULES : SPEC_LABEL_RULES,
    unitSpelling: config.unit_spelling,
    overrides: metricOverrides(config.metric_overrides, config.metric_overrides_preset),
    keepIdentifying: config.keep_identifying_resource_attributes,
    dropDeltas: config.delta_temporality === "drop",
  };
}

function promotionOf({ enabled, promote, except }: TranslationSettings["resource_to_telemetry_conversion"]): ResourcePromotion {
  if (!enabled && promote.length === 0) return false;
  if (enabled && except.length === 0) return true;
  const wanted = (enabled ? ["*"] : promote).map(globPattern);
  const unwanted = except.map(globPattern);
  return (key) => wanted.some((glob) => glob.test(key)) && !unwanted.some((glob) => glob.test(key));
}
