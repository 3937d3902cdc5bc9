import type { Expression, TimeShift } from "./ast.ts";
import type { Matcher } from "./label-matcher.ts";
import { type LabelSet, METRIC_NAME } from "./label-set.ts";

/** What one selector of an expression reads. */
export interface SelectorNeed {
  readonly matchers: readonly Matcher[];
  /** How far back from the time of the evaluation it looks, ms. An absolute `@` counts as none. */
  readonly reachMs: number;
}

/** What all selectors of an expression read: enough to know which samples must be kept, and for how long. */
export function selectorNeeds(expression: Expression, lookbackMs: number): readonly SelectorNeed[] {
  return collect(expression, lookbackMs, 0);
}

function collect(expression: Expression, lookbackMs: number, laterMs: number): readonly SelectorNeed[] {
  const inside = (one: Expression) => collect(one, lookbackMs, laterMs);
  switch (expression.kind) {
    case "number":
    case "string":
      return [];
    case "vector-selector":
      return [{ matchers: expression.matchers, reachMs: laterMs + lookbackMs + offsetMs(expression) }];
    case "matrix-selector":
      return [{ matchers: expression.selector.matchers, reachMs: laterMs + expression.rangeMs + offsetMs(expression.selector) }];
    case "subquery":
      return collect(expression.expression, lookbackMs, laterMs + expression.rangeMs + offsetMs(expression));
    case "unary":
      return inside(expression.operand);
    case "binary":
      return [...inside(expression.left), ...inside(expression.right)];
    case "aggregation":
      return [...inside(expression.operand), ...(expression.parameter === undefined ? [] : inside(expression.parameter))];
    case "call":
      return expression.arguments.flatMap(inside);
  }
}

function offsetMs(shift: TimeShift): number {
  return Math.max(0, shift.offsetMs);
}

/** The needs of many expressions, asked per series. */
export class SampleNeeds {
  readonly #needs: readonly SelectorNeed[];
  readonly #byName = new Map<string, boolean>();

  constructor(needs: readonly SelectorNeed[]) {
    this.#needs = needs;
  }

  /** Whether a series of this name may be read at all. */
  mentions(name: string): boolean {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const found = this.#needs.some(({ matchers }) => matchers.every((one) => one.name !== METRIC_NAME || one.matches(name)));
    if (this.#byName.size < MAX_KNOWN_NAMES) this.#byName.set(name, found);
    return found;
  }

  /** How long the samples of this series must be kept; 0 = nobody reads them. */
  retentionMs(labels: LabelSet): number {
    let reachMs = 0;
    for (const need of this.#needs) {
      if (need.reachMs > reachMs && need.matchers.every((one) => one.matches(labels.get(one.name)))) reachMs = need.reachMs;
    }
    return reachMs === 0 ? 0 : reachMs + SLACK_MS;
  }
}

/** Names that are remembered: a sender may make up new ones without end. */
const MAX_KNOWN_NAMES = 4096;
/** An evaluation may come a little late. */
const SLACK_MS = 1000;
