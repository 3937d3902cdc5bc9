import { type AlertOptions, type ResolvedAlertOptions, resolveAlertOptions } from "./alert-options.ts";
import type { Rule, RuleGroup } from "./rule.ts";
import { cacheRules } from "./rules/cache.ts";
import { clientRules } from "./rules/client.ts";
import { descriptorRules } from "./rules/descriptors.ts";
import { generatorRules } from "./rules/generator.ts";
import { httpServerRules } from "./rules/http-server.ts";
import { memoryRules } from "./rules/memory.ts";
import { permitRules } from "./rules/permits.ts";
import { telemetryRules } from "./rules/telemetry.ts";

/** Rules of one group are evaluated in order at one instant: a recorded series is read in its own group only, else it would be one interval old. */
const GROUPS: Readonly<Record<string, (options: ResolvedAlertOptions) => readonly Rule[]>> = {
  "loadtest-permits": permitRules,
  "loadtest-descriptors": descriptorRules,
  "loadtest-memory": memoryRules,
  "loadtest-cache": cacheRules,
  "loadtest-http-server": httpServerRules,
  "loadtest-client": clientRules,
  "loadtest-generator": generatorRules,
  "loadtest-telemetry": telemetryRules,
};

/**
 * The one source of all alerts, for Prometheus' rule files and for the evaluator in the collector.
 * Throws a RangeError for a threshold or interval that cannot be met.
 */
export function alertGroups(options: AlertOptions): readonly RuleGroup[] {
  const resolved = resolveAlertOptions(options);
  return Object.entries(GROUPS).map(([name, rules]) => ({ name, intervalMs: resolved.evaluationIntervalMs, rules: rules(resolved) }));
}
