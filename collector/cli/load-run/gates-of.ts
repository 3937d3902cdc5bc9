import { readFileSync } from "node:fs";
import { presetGates } from "../../../config/thresholds/presets.ts";
import { type CheckThreshold, readThreshold, readThresholds } from "../../../config/thresholds/read-thresholds.ts";
import { parseGate } from "../../diagnose/gates/parse-gate.ts";
import { LoadError } from "../../model/errors.ts";
import type { Gate } from "../../model/run.ts";

export interface GateOptions {
  /** Single thresholds. */
  readonly threshold?: readonly string[];
  /** Path of a file of them. */
  readonly thresholds?: string;
  /** `smoke`, `baseline`, `spike`. */
  readonly preset?: string;
}

/** What a run is to be judged by, in the order preset, file, single ones; each but once. Throws: E_THRESHOLDS with every mistake, E_FILE. */
export function gatesOf({ threshold = [], thresholds, preset }: GateOptions): readonly Gate[] {
  const gates = [
    ...(preset === undefined ? [] : (presetGates(preset) ?? [])),
    ...(thresholds === undefined ? [] : readThresholds(textOf(thresholds), thresholds, check)),
    ...threshold.map((expression) => readThreshold(expression, "--threshold", check)),
  ];
  return [...new Map(gates.map((gate) => [`${gate.phase}\0${gate.expression}`, gate])).values()];
}

const check: CheckThreshold = (expression) => {
  const parsed = parseGate(expression);
  return "mistake" in parsed ? parsed.mistake : undefined;
};

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new LoadError("E_FILE", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
