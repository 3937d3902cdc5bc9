import { alertGroups } from "../../collector/alerts/alert-groups.ts";
import type { AlertStrategy } from "../../collector/alerts/alert-options.ts";
import { type PlannedGroup, planGroup, writtenGroup } from "../../collector/alerts/rule-plan.ts";
import { LoadError } from "../../collector/model/errors.ts";
import type { TranslationStrategy } from "../../collector/wire/prometheus-name.ts";
import { readRuleFile } from "./rule-file.ts";

export interface RuleSettings {
  readonly rules: readonly string[];
  readonly intervalMs: number;
  readonly sampleIntervalMs: number;
  readonly strategy: TranslationStrategy;
}

/** All groups that the config names. Throws: `LoadError` (E_FILE, E_CONFIG_SYNTAX, E_CONFIG_INVALID). */
export async function loadRules(settings: RuleSettings): Promise<readonly PlannedGroup[]> {
  const groups = await Promise.all(settings.rules.map((word) => (word === "builtin" ? builtin(settings) : readRuleFile(word))));
  return groups.flat().map(planGroup);
}

function builtin({ strategy, intervalMs, sampleIntervalMs }: RuleSettings) {
  if (!isAlertStrategy(strategy)) {
    throw new LoadError("E_CONFIG_INVALID", `the builtin rules are written for underscored names, not for translation_strategy ${strategy}`, {
      hint: "Use UnderscoreEscapingWithSuffixes or UnderscoreEscapingWithoutSuffixes, or rule files of your own.",
    });
  }
  return alertGroups({ strategy, evaluationIntervalMs: intervalMs, sampleIntervalMs }).map(writtenGroup);
}

function isAlertStrategy(strategy: TranslationStrategy): strategy is AlertStrategy {
  return strategy === "UnderscoreEscapingWithSuffixes" || strategy === "UnderscoreEscapingWithoutSuffixes";
}
