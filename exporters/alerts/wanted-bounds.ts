import type { PlannedRule } from "../../collector/alerts/rule-plan.ts";
import type { Expression } from "../../collector/promql/ast.ts";
import type { Matcher } from "../../collector/promql/label-matcher.ts";
import { type LabelSet, METRIC_NAME } from "../../collector/promql/label-set.ts";
import { selectorNeeds } from "../../collector/promql/selector-needs.ts";

const BUCKET_BOUND = "le";

/** A metric whose buckets a rule selects by their bound. With `or` between selectors one of them is enough. */
export interface BoundWish {
  readonly rule: string;
  /** `…_bucket`. */
  readonly metric: string;
  /** Matchers of each selector. */
  readonly selectors: readonly (readonly Matcher[])[];
}

/** Every wish of the rules, of selectors that name their metric. */
export function boundWishes(rules: readonly PlannedRule[]): readonly BoundWish[] {
  return rules.flatMap(({ name: rule, expression }) =>
    [...wishesOf(expression)].flatMap(([metric, all]) => all.map((selectors): BoundWish => ({ rule, metric, selectors }))),
  );
}

type Wishes = ReadonlyMap<string, readonly (readonly (readonly Matcher[])[])[]>;

function wishesOf(expression: Expression): Wishes {
  switch (expression.kind) {
    case "binary": {
      const [left, right] = [wishesOf(expression.left), wishesOf(expression.right)];
      if (expression.operator !== "or") return together([left, right]);
      const both = [...left.keys()].filter((metric) => right.has(metric));
      const either = both.map((metric): Wishes => new Map([[metric, [[...(left.get(metric) ?? []), ...(right.get(metric) ?? [])].flat()]]]));
      return together([...either, ...[left, right].map((one): Wishes => new Map([...one].filter(([metric]) => !both.includes(metric))))]);
    }
    case "unary":
      return wishesOf(expression.operand);
    case "aggregation":
      return wishesOf(expression.operand);
    case "call":
      return together(expression.arguments.map(wishesOf));
    case "subquery":
      return wishesOf(expression.expression);
    default:
      return new Map(
        selectorNeeds(expression, 0).flatMap(({ matchers }) => {
          const metric = matchers.find(({ name, operator }) => name === METRIC_NAME && operator === "=")?.value;
          return metric === undefined || !matchers.some(({ name }) => name === BUCKET_BOUND) ? [] : [[metric, [[matchers]]]];
        }),
      );
  }
}

function together(parts: readonly Wishes[]): Wishes {
  const all = new Map<string, readonly (readonly (readonly Matcher[])[])[]>();
  for (const part of parts) for (const [metric, wishes] of part) all.set(metric, [...(all.get(metric) ?? []), ...wishes]);
  return all;
}

/** What one series of buckets is to the wishes. */
export interface BoundJudgement {
  readonly wish: BoundWish;
  readonly isMet: boolean;
  /** `le` of its buckets. */
  readonly bounds: readonly string[];
}

/** Evaluations with points and without the wanted bound before it is told: the first may see but a part of the series. */
const MISSES = 2;

/** Notices rules that can never find their bucket: the sender's histogram has other bounds than the rule was made for. */
export class WantedBounds {
  readonly #wishes: readonly BoundWish[];
  readonly #onMissing: (wish: BoundWish, bounds: readonly string[]) => void;
  readonly #misses = new Map<BoundWish, number>();
  #seen = new Map<BoundWish, BoundJudgement>();

  constructor(wishes: readonly BoundWish[], onMissing: (wish: BoundWish, bounds: readonly string[]) => void) {
    this.#wishes = wishes;
    this.#onMissing = onMissing;
  }

  /** `possible` are bounds that the series may yet get. Labels are those of the series, without name and `le`. */
  judge(metric: string, labels: LabelSet, bounds: readonly string[], possible: readonly string[]): readonly BoundJudgement[] {
    const judgements: BoundJudgement[] = [];
    for (const wish of this.#wishes) {
      if (wish.metric !== metric) continue;
      const asking = wish.selectors.filter((matchers) =>
        matchers.every(({ name, matches }) => name === BUCKET_BOUND || name === METRIC_NAME || matches(labels.get(name))),
      );
      if (asking.length === 0) continue;
      const isMet = asking.some((matchers) =>
        [...bounds, ...possible].some((le) => matchers.every((one) => one.name !== BUCKET_BOUND || one.matches(le))),
      );
      judgements.push({ wish, isMet, bounds });
    }
    return judgements;
  }

  /** A point of a series that was judged so. */
  saw(judgements: readonly BoundJudgement[]): void {
    for (const judgement of judgements) if (this.#seen.get(judgement.wish)?.isMet !== true) this.#seen.set(judgement.wish, judgement);
  }

  /** After an evaluation. Where no points came nothing is learnt. */
  evaluated(): void {
    for (const [wish, { isMet, bounds }] of this.#seen) {
      const misses = isMet ? 0 : (this.#misses.get(wish) ?? 0) + 1;
      // Told once: what has been told stays above the limit.
      if ((this.#misses.get(wish) ?? 0) < MISSES) this.#misses.set(wish, misses);
      if (misses === MISSES) this.#onMissing(wish, bounds);
    }
    this.#seen.clear();
  }
}

/** The bounds that a wish names, as somebody would write them: `2|2.0` is one. */
export function wantedBounds({ selectors }: BoundWish): readonly string[] {
  const values = selectors.flat().flatMap(({ name, operator, value }) => {
    if (name !== BUCKET_BOUND) return [];
    const parts = value.split("|");
    if (operator === "=") return parts.map(plain);
    return operator === "=~" && parts.every((part) => Number.isFinite(Number(part))) ? parts.map(plain) : [`${operator}"${value}"`];
  });
  return [...new Set(values)];
}

function plain(bound: string): string {
  return Number.isFinite(Number(bound)) ? String(Number(bound)) : bound;
}
