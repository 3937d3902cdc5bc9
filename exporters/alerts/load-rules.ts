import { alertGroups } from "../../collector/alerts/alert-groups.ts";
import type { AlertStrategy } from "../../collector/alerts/alert-options.ts";
import { type PlannedGroup, planGroup, writtenGroup } from "../../collector/alerts/rule-plan.ts";
import { LoadError } from "../../collector/model/errors.ts";
import type { TranslationStrategy } from "../../collector/wire/prometheus-name.ts";
import type { AlertThresholds } from "./alerts-config.ts";
import { readRuleFile } from "./rule-file.ts";
import { thresholdOptions } from "./threshold-options.ts";

export interface RuleSettings {
  readonly rules: readonly string[];
  readonly intervalMs: number;
  readonly sampleIntervalMs: number;
  readonly strategy: TranslationStrategy;
  /** Prefix of all names, "" = none. */
  readonly namespace: string;
  /** Of the builtin rules. */
  readonly thresholds: AlertThresholds;
}

/** All groups that the config names. Throws: `LoadError` (E_FILE, E_CONFIG_SYNTAX, E_CONFIG_INVALID). */
export async function loadRules(settings: RuleSettings): Promise<readonly PlannedGroup[]> {
  const groups = await Promise.all(settings.rules.map((word) => (word === "builtin" ? builtin(settings) : readRuleFile(word))));
  return groups.flat().map(planGroup);
}

function builtin({ strategy, namespace, intervalMs, sampleIntervalMs, thresholds }: RuleSettings) {
  if (namespace !== "") {
    throw new LoadError(
      "E_CONFIG_INVALID",
      `the builtin rules ask for names without the namespace ${JSON.stringify(namespace)}: none could ever fire`,
      {
        hint: "Leave `namespace` out of the alerts exporter (other exporters may have one), or use rule files of your own.",
      },
    );
  }
  if (!isAlertStrategy(strategy)) {
    throw new LoadError("E_CONFIG_INVALID", `the builtin rules are written for underscored names, not for translation_strategy ${strategy}`, {
      hint: "Use UnderscoreEscapingWithSuffixes or UnderscoreEscapingWithoutSuffixes, or rule files of your own.",
    });
  }
  try {
    return alertGroups({ ...thresholdOptions(thresholds), strategy, evaluationIntervalMs: intervalMs, sampleIntervalMs }).map(writtenGroup);
  } catch (error) {
    if (error instanceof RangeError) throw new LoadError("E_CONFIG_INVALID", `thresholds: ${error.message}`, { cause: error });
    throw error;
  }
}

function isAlertStrategy(strategy: TranslationStrategy): strategy is AlertStrategy {
  return strategy === "UnderscoreEscapingWithSuffixes" || strategy === "UnderscoreEscapingWithoutSuffixes";
}
