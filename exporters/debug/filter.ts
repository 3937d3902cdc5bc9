import type { Attributes } from "../../collector/model/attributes.ts";
import type { Batch, ItemsOf, Signal } from "../../collector/model/batch.ts";
import type { LogRecord } from "../../collector/model/log-record.ts";
import type { Metric, MetricData } from "../../collector/model/metric.ts";
import type { Span } from "../../collector/model/span.ts";
import { Glob } from "./glob.ts";
import { bareText } from "./value-text.ts";

/** One entry of `filter`, read. */
export type FilterRule =
  | { readonly of: "name"; readonly signal: Signal; readonly pattern: Glob }
  | { readonly of: "attribute"; readonly key: string; readonly pattern: Glob };

const SUBJECTS: Readonly<Record<string, Signal>> = { metric: "metrics", span: "traces", log: "logs" };

/** `metric=cache_*`, `span=GET *`, `log=*error*`, `attr:http.route=/api/*`; `*` stands for any text. Undefined where the text is none of these. */
export function parseFilterRule(text: string): FilterRule | undefined {
  const [, subject, glob] = /^(metric|span|log|attr:[^=]+)=(.*)$/s.exec(text) ?? [];
  if (subject === undefined || glob === undefined) return undefined;
  const pattern = new Glob(glob);
  const signal = SUBJECTS[subject];
  return signal === undefined ? { of: "attribute", key: subject.slice("attr:".length), pattern } : { of: "name", signal, pattern };
}

/**
 * Which items are shown: those that one of the name rules matches (if there are any: `metric=…` alone hides spans and logs), and for each
 * attribute key named, one of its rules. An attribute is looked for on the item (a metric's points one by one), then on scope and resource.
 */
export class Filter {
  readonly #names: readonly (FilterRule & { of: "name" })[];
  readonly #attributes: ReadonlyMap<string, readonly Glob[]>;

  constructor(rules: readonly FilterRule[]) {
    this.#names = rules.filter((rule) => rule.of === "name");
    const attributes = new Map<string, Glob[]>();
    for (const rule of rules) {
      if (rule.of === "attribute") attributes.set(rule.key, [...(attributes.get(rule.key) ?? []), rule.pattern]);
    }
    this.#attributes = attributes;
  }

  /** The batch's items that are shown. */
  shown(batch: Batch): readonly ItemsOf[Signal][] {
    switch (batch.signal) {
      case "traces":
        return batch.items.filter((span) => this.#named("traces", span.name) && this.#attributed(span.attributes, span));
      case "logs":
        return batch.items.filter((record) => this.#named("logs", bareText(record.body)) && this.#attributed(record.attributes, record));
      case "metrics":
        return batch.items.flatMap((metric) => this.#metric(metric));
    }
  }

  #metric(metric: Metric): readonly Metric[] {
    if (!this.#named("metrics", metric.name)) return [];
    if (this.#attributes.size === 0) return [metric];
    const all: readonly MetricData["points"][number][] = metric.data.points;
    const points = all.filter((point) => this.#attributed(point.attributes, metric));
    return points.length === 0 ? [] : [{ ...metric, data: { ...metric.data, points } as MetricData }];
  }

  #named(signal: Signal, text: string): boolean {
    return this.#names.length === 0 || this.#names.some((rule) => rule.signal === signal && rule.pattern.test(text));
  }

  #attributed(attributes: Attributes, { scope, resource }: Span | Metric | LogRecord): boolean {
    for (const [key, patterns] of this.#attributes) {
      const value = attributes.get(key) ?? scope.attributes.get(key) ?? resource.attributes.get(key);
      if (value === undefined) return false;
      const text = bareText(value);
      if (!patterns.some((pattern) => pattern.test(text))) return false;
    }
    return true;
  }
}
