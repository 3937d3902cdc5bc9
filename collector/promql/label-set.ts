export const METRIC_NAME = "__name__";

/** The labels of a series, `__name__` among them: names sorted and unique, no value empty. Never changes. */
export class LabelSet {
  static readonly EMPTY = new LabelSet([], []);
  readonly names: readonly string[];
  readonly values: readonly string[];
  #key: string | undefined;

  private constructor(names: readonly string[], values: readonly string[]) {
    this.names = names;
    this.values = values;
  }

  /** Of several values for one name the last one counts; empty values are no labels. */
  static from(labels: Iterable<readonly [string, string]> | Readonly<Record<string, string>>): LabelSet {
    const entries = Symbol.iterator in labels ? labels : Object.entries(labels);
    const sorted = [...new Map(entries)].filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.length === 0
      ? LabelSet.EMPTY
      : new LabelSet(
          sorted.map(([name]) => name),
          sorted.map(([, value]) => value),
        );
  }

  /** Equal for equal sets and only for those. */
  get key(): string {
    if (this.#key === undefined) {
      let key = "";
      for (let index = 0; index < this.names.length; index++) {
        const name = this.names[index] as string;
        const value = this.values[index] as string;
        key += `${name.length}:${name}${value.length}:${value}`;
      }
      this.#key = key;
    }
    return this.#key;
  }

  /** "" where there is no such label, as Prometheus has it. */
  get(name: string): string {
    const index = this.names.indexOf(name);
    return index < 0 ? "" : (this.values[index] as string);
  }

  only(names: readonly string[]): LabelSet {
    return this.#filter((name) => names.includes(name));
  }

  without(names: readonly string[]): LabelSet {
    return names.some((name) => this.names.includes(name)) ? this.#filter((name) => !names.includes(name)) : this;
  }

  withoutName(): LabelSet {
    return this.without(NAME_ONLY);
  }

  /** An empty value takes the label away. */
  with(name: string, value: string): LabelSet {
    return LabelSet.from([...this.entries(), [name, value]]);
  }

  *entries(): Generator<readonly [string, string]> {
    for (let index = 0; index < this.names.length; index++) yield [this.names[index] as string, this.values[index] as string];
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this.entries());
  }

  /** As in PromQL: `name{a="b"}`. */
  toString(): string {
    const pairs = [...this.entries()].filter(([name]) => name !== METRIC_NAME).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `${this.get(METRIC_NAME)}${pairs.length === 0 && this.names.length > 0 ? "" : `{${pairs.join(", ")}}`}`;
  }

  #filter(keeps: (name: string) => boolean): LabelSet {
    const names: string[] = [];
    const values: string[] = [];
    for (let index = 0; index < this.names.length; index++) {
      const name = this.names[index] as string;
      if (!keeps(name)) continue;
      names.push(name);
      values.push(this.values[index] as string);
    }
    return names.length === 0 ? LabelSet.EMPTY : new LabelSet(names, values);
  }
}

const NAME_ONLY = [METRIC_NAME];
