import type { Gate } from "../../collector/model/run.ts";

/** Thresholds under a name. Numbers are those of the works-list load test that this project was made from. */
export const THRESHOLD_PRESETS = {
  smoke: ["http_req_failed < 1%", "app 5xx == 0"],
  baseline: ["http_req_failed < 1%", "p95 < 800ms", "p99 < 1500ms", "works_list_shape_error_rate < 1%"],
  spike: ["http_req_failed < 1%", "p95 < 2000ms", "dropped_iterations == 0", "works_list_shape_error_rate < 1%", "proxy 502 == 0"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ThresholdPreset = keyof typeof THRESHOLD_PRESETS;

export const PRESET_NAMES = Object.keys(THRESHOLD_PRESETS) as readonly ThresholdPreset[];

/** undefined for a name that is no preset. */
export function presetGates(name: string): readonly Gate[] | undefined {
  const preset = PRESET_NAMES.find((known) => known === name);
  return preset === undefined ? undefined : THRESHOLD_PRESETS[preset].map((expression) => ({ expression, phase: "", source: `preset ${preset}` }));
}
