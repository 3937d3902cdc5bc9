import { alertGroups } from "../../collector/alerts/alert-groups.ts";
import type { AlertStrategy } from "../../collector/alerts/alert-options.ts";
import { renderRules } from "../../collector/alerts/render-rules.ts";
import { renderRuleTests } from "../../test/promtool/render-rule-tests.ts";

/** The alert rules with all defaults, and promtool's tests of them, for each strategy that rules are made for. */
export const ALERT_FILES: readonly { readonly strategy: AlertStrategy; readonly rules: string; readonly tests: string }[] = [
  {
    strategy: "UnderscoreEscapingWithSuffixes",
    rules: "config/alerts/loadtest.rules.yaml",
    tests: "test/promtool/loadtest.rules.test.yaml",
  },
  {
    strategy: "UnderscoreEscapingWithoutSuffixes",
    rules: "config/alerts/loadtest.without-suffixes.rules.yaml",
    tests: "test/promtool/loadtest.without-suffixes.rules.test.yaml",
  },
];

/** Path → text. */
export function renderAlertFiles(): readonly (readonly [string, string])[] {
  return ALERT_FILES.flatMap(({ strategy, rules, tests }) => [
    [rules, renderRules(alertGroups({ strategy }))] as const,
    [tests, renderRuleTests(strategy, `../../${rules}`)] as const,
  ]);
}
