import { LoadError } from "../../collector/model/errors.ts";
import type { Gate } from "../../collector/model/run.ts";
import { formatProblems, type Place, type Problem } from "../problem.ts";
import { didYouMean } from "../suggest.ts";
import type { Entry, ScalarTree, Tree } from "../tree.ts";
import { parseYaml } from "../yaml-text.ts";
import { PRESET_NAMES, presetGates } from "./presets.ts";

/** What is wrong with a threshold; `column` from 1 within it. */
export interface ThresholdMistake {
  readonly message: string;
  readonly column: number;
  readonly length: number;
  readonly expected: string;
}

/** Whether a threshold can be read; undefined where it can. Given by the caller, who knows the grammar. */
export type CheckThreshold = (expression: string) => ThresholdMistake | undefined;

const KEYS = ["preset", "thresholds", "phases"] as const;

/**
 * Thresholds of a run from YAML text:
 *
 *     preset: spike                 # smoke, baseline or spike; more may follow
 *     thresholds:
 *       - http_req_failed < 1%
 *       - p95{endpoint=GET /api/works} < 800ms
 *     phases:
 *       hold: [p99 < 1500ms]        # of that phase or scenario only
 *
 * Throws: LoadError `E_THRESHOLDS` with every mistake at once, each with its place and the line.
 */
export function readThresholds(text: string, file: string, check: CheckThreshold): readonly Gate[] {
  const { tree, problems: unreadable } = parseYaml(text, file);
  if (unreadable.length > 0) throw new LoadError("E_THRESHOLDS", formatProblems(unreadable));
  const reader = new ThresholdReader(check);
  const gates = reader.read(tree);
  if (reader.problems.length > 0) throw new LoadError("E_THRESHOLDS", formatProblems(reader.problems));
  return gates;
}

/** One threshold as given on a command line. Throws: LoadError `E_THRESHOLDS` where it cannot be read. */
export function readThreshold(expression: string, source: string, check: CheckThreshold): Gate {
  const mistake = check(expression);
  if (mistake === undefined) return { expression: expression.trim(), phase: "", source };
  const place: Place = { file: source, line: 1, column: mistake.column, length: mistake.length, sourceLine: expression };
  throw new LoadError("E_THRESHOLDS", formatProblems([problemAt(place, "", mistake.message, `expected: ${mistake.expected}`)]));
}

class ThresholdReader {
  readonly problems: Problem[] = [];
  readonly #check: CheckThreshold;

  constructor(check: CheckThreshold) {
    this.#check = check;
  }

  read(tree: Tree): readonly Gate[] {
    if (tree.kind !== "map") {
      this.#problem(tree.place, "", "thresholds are a map with the keys preset, thresholds and phases", 'write "thresholds:" and a list below it');
      return [];
    }
    for (const [key, { keyPlace }] of tree.entries) {
      if (!KEYS.some((known) => known === key)) this.#problem(keyPlace, "", `unknown key "${key}"`, didYouMean(key, KEYS));
    }
    const gates = [
      ...this.#preset(tree.entries.get("preset")),
      ...this.#list(tree.entries.get("thresholds"), "thresholds", ""),
      ...this.#phases(tree.entries.get("phases")),
    ];
    if (gates.length === 0 && this.problems.length === 0)
      this.#problem(tree.place, "", "there is no threshold in this file", "add one below thresholds:, such as - http_req_failed < 1%");
    return gates;
  }

  #preset(entry: Entry | undefined): readonly Gate[] {
    if (entry === undefined) return [];
    const { value } = entry;
    const name = value.kind === "scalar" ? String(value.value) : "";
    const gates = presetGates(name);
    if (gates === undefined) this.#problem(value.place, "preset", `there is no preset "${name}"`, didYouMean(name, PRESET_NAMES));
    return gates ?? [];
  }

  #phases(entry: Entry | undefined): readonly Gate[] {
    if (entry === undefined) return [];
    if (entry.value.kind !== "map") {
      this.#problem(entry.value.place, "phases", "phases are a map from a phase's name to a list of thresholds", "hold: [p95 < 800ms]");
      return [];
    }
    return [...entry.value.entries].flatMap(([phase, list]) => this.#list(list, `phases::${phase}`, phase));
  }

  #list(entry: Entry | undefined, path: string, phase: string): readonly Gate[] {
    if (entry === undefined) return [];
    if (entry.value.kind !== "list") {
      this.#problem(entry.keyPlace, path, "a list of thresholds is expected", "begin each with a dash on a line of its own");
      return [];
    }
    return entry.value.items.flatMap((item, index) => this.#gate(item, `${path}::${index}`, phase));
  }

  #gate(item: Tree, path: string, phase: string): readonly Gate[] {
    if (item.kind !== "scalar" || typeof item.value !== "string") {
      this.#problem(item.place, path, "a threshold is a text", 'put it in quotes: "p95 < 800ms"');
      return [];
    }
    const mistake = this.#check(item.value);
    if (mistake !== undefined) {
      this.#problem(placeWithin(item, mistake), path, mistake.message, `expected: ${mistake.expected}`);
      return [];
    }
    return [{ expression: item.value.trim(), phase, source: `${item.place.file}:${item.place.line}` }];
  }

  #problem(place: Place, path: string, message: string, suggestion: string | undefined): void {
    this.problems.push(problemAt(place, path, message, suggestion));
  }
}

function problemAt(place: Place, path: string, message: string, suggestion: string | undefined): Problem {
  return { code: "E_CONFIG_INVALID", place, path, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** The place of the mistake itself, where the text stands as it is in the line. */
function placeWithin({ place, value }: ScalarTree, { column, length }: ThresholdMistake): Place {
  const start = place.sourceLine.indexOf(String(value), place.column - 1);
  if (start < 0) return place;
  return { ...place, column: start + column, length };
}
