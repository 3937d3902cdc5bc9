import { z } from "../../collector/pipeline/define.ts";
import type { Translation } from "../../collector/series/translation.ts";
import { translationOf, translationSettings } from "../../collector/series/translation-settings.ts";
import { strategyWith, TRANSLATION_STRATEGIES, type TranslationStrategy } from "../../collector/wire/prometheus-name.ts";
import { type Fields, isFields } from "./read-cases.ts";

const schema = z.strictObject(translationSettings);

/**
 * What a case's `settings` mean. Where one is not given the cases mean Prometheus' own tests, whose switches are all off: no scope labels
 * (`promoteScope`), the specification's label rules.
 */
export function translationFor(settings: unknown, defaults: { readonly promoteScope: boolean } = { promoteScope: false }): Translation {
  const given: Fields = isFields(settings) ? settings : {};
  const on = (...keys: string[]): boolean => keys.some((key) => given[key] === true);
  const list = (...keys: string[]): string[] => keys.flatMap((key) => (Array.isArray(given[key]) ? (given[key] as unknown[]).map(String) : []));
  const all = on("promoteAllResourceAttributes", "promoteAll");
  const listed = list("promoteResourceAttributes", "promote");
  const isServer = given["compat"] === "prometheus-server";
  const translation = translationOf(
    schema.parse({
      translation_strategy: strategyOf(given),
      namespace: String(given["namespace"] ?? ""),
      resource_to_telemetry_conversion: {
        enabled: all,
        promote: all ? [] : listed,
        except: list("ignoreResourceAttributes", "promoteAllExcept", "except"),
      },
      without_scope_info: !(given["promoteScope"] ?? defaults.promoteScope),
      delta_temporality: given["allowDelta"] === false || given["allowDeltaTemporality"] === false ? "drop" : "accumulate",
      keep_identifying_resource_attributes: on("keepIdentifying", "keepIdentifyingResourceAttributes"),
      label_compat: isServer ? "prometheus-server" : "specification",
      unit_spelling: given["mode"] === "spec" ? "specification" : "prometheus",
      metric_overrides_preset: given["preset"] ?? "none",
      metric_overrides: given["overrides"] ?? [],
    }),
    labelsIn(given["externalLabels"] ?? given["constLabels"]),
  );
  return { ...translation, labelRules: labelRulesFor(given, isServer) };
}

function labelsIn(labels: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(isFields(labels) ? labels : {}).map(([name, value]) => [name, String(value)]));
}

/** The two switches of Prometheus' receiver, each by itself. */
export function labelRulesFor(given: Fields, isServer: boolean): NonNullable<Translation["labelRules"]> {
  return {
    utf8: given["utf8Allowed"] === true,
    preserveMultipleUnderscores: given["preserveMultipleUnderscores"] === undefined ? isServer : given["preserveMultipleUnderscores"] === true,
    prefixUnderscore: given["underscoreLabelSanitization"] === undefined ? isServer : given["underscoreLabelSanitization"] === true,
  };
}

/** Throws: TypeError for an unknown one. */
export function strategyOf(given: Fields): TranslationStrategy {
  const { strategy } = given;
  if (strategy === undefined) return strategyWith(given["utf8Allowed"] === true, given["addMetricSuffixes"] !== false);
  const known = TRANSLATION_STRATEGIES.find((one) => one === strategy);
  if (known === undefined) throw new TypeError(`unknown strategy ${JSON.stringify(strategy)}`);
  return known;
}
