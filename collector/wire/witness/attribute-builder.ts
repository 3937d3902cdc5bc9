import { type AnyValue, Attributes, type Value, type ValueKind } from "../../model/attributes.ts";
import type { UnixNano } from "../../model/time.ts";

/** Gathers attributes one by one; what is not known ("" or undefined) is left out. */
export class AttributeBuilder {
  readonly #keys: string[] = [];
  readonly #kinds: ValueKind[] = [];
  readonly #values: Value[] = [];

  text(key: string, value: string): this {
    return value === "" ? this : this.#push(key, "string", value);
  }

  /** Also where it is "". */
  present(key: string, value: string): this {
    return this.#push(key, "string", value);
  }

  flag(key: string, value: boolean | undefined): this {
    return value === undefined ? this : this.#push(key, "bool", value);
  }

  /** Always a double, so that one attribute does not change its type from item to item. */
  number(key: string, value: number | undefined): this {
    return value === undefined ? this : this.#push(key, "double", value);
  }

  /** An int where it is a whole number. */
  count(key: string, value: number | undefined): this {
    if (value === undefined) return this;
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? this.#push(key, "int", value) : this.#push(key, "double", value);
  }

  time(key: string, value: UnixNano | undefined): this {
    return value === undefined ? this : this.#push(key, "int", value);
  }

  texts(key: string, values: readonly string[]): this {
    return values.length === 0 ? this : this.#push(key, "array", values.map(stringValue));
  }

  numbers(key: string, values: readonly number[]): this {
    return values.length === 0 ? this : this.#push(key, "array", values.map(doubleValue));
  }

  counts(key: string, values: readonly number[]): this {
    return values.length === 0 ? this : this.#push(key, "array", values.map(intValue));
  }

  maps(key: string, values: readonly Attributes[]): this {
    return values.length === 0 ? this : this.#push(key, "array", values.map(mapValue));
  }

  map(key: string, value: Attributes): this {
    return value.size === 0 ? this : this.#push(key, "map", value);
  }

  /** All of `attributes`, in their order and with their repetitions, each key after `prefix`. */
  prefixed(prefix: string, attributes: Attributes): this {
    for (const [index, key] of attributes.keys.entries()) {
      this.#push(prefix + key, attributes.kinds[index] as ValueKind, attributes.values[index] as Value);
    }
    return this;
  }

  build(): Attributes {
    return this.#keys.length === 0 ? Attributes.EMPTY : new Attributes(this.#keys, this.#kinds, this.#values);
  }

  #push(key: string, kind: ValueKind, value: Value): this {
    this.#keys.push(key);
    this.#kinds.push(kind);
    this.#values.push(value);
    return this;
  }
}

const stringValue = (value: string): AnyValue => ({ kind: "string", value });
const doubleValue = (value: number): AnyValue => ({ kind: "double", value });
const intValue = (value: number): AnyValue => ({ kind: "int", value });
const mapValue = (value: Attributes): AnyValue => ({ kind: "map", value });
