/** OTLP's `AnyValue` (opentelemetry/proto/common/v1/common.proto): the kind is kept so that `1` and `1.0` stay different. */
export type AnyValue =
  | { readonly kind: "empty"; readonly value: null }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "bool"; readonly value: boolean }
  /** int64; a plain number where it is a safe integer, else a bigint. */
  | { readonly kind: "int"; readonly value: number | bigint }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "array"; readonly value: readonly AnyValue[] }
  | { readonly kind: "map"; readonly value: Attributes };

export type ValueKind = AnyValue["kind"];
export type Value = AnyValue["value"];

export const EMPTY_VALUE: AnyValue = { kind: "empty", value: null };

/**
 * An immutable, ordered list of attributes in parallel arrays. Keys may repeat (OTLP leaves that undefined): `get` gives
 * the last one, as exporters do. No key ever becomes a property name, so `__proto__` is a key like any other.
 */
export class Attributes {
  static readonly EMPTY = new Attributes([], [], []);

  readonly keys: readonly string[];
  readonly kinds: readonly ValueKind[];
  readonly values: readonly Value[];
  #canonicalKey: string | undefined;

  /** Takes the arrays over: the caller must not change them afterwards. */
  constructor(keys: readonly string[], kinds: readonly ValueKind[], values: readonly Value[]) {
    this.keys = keys;
    this.kinds = kinds;
    this.values = values;
  }

  static of(entries: Iterable<readonly [string, AnyValue]>): Attributes {
    const keys: string[] = [];
    const kinds: ValueKind[] = [];
    const values: Value[] = [];
    for (const [key, any] of entries) {
      keys.push(key);
      kinds.push(any.kind);
      values.push(any.value);
    }
    return keys.length === 0 ? Attributes.EMPTY : new Attributes(keys, kinds, values);
  }

  /** From plain JavaScript values: integers become ints, other numbers doubles. */
  static from(record: Readonly<Record<string, string | number | boolean>>): Attributes {
    return Attributes.of(Object.entries(record).map(([key, value]) => [key, anyValue(value)] as const));
  }

  get size(): number {
    return this.keys.length;
  }

  at(index: number): AnyValue {
    return { kind: this.kinds[index], value: this.values[index] } as AnyValue;
  }

  /** The last value under this key. */
  get(key: string): AnyValue | undefined {
    const index = this.keys.lastIndexOf(key);
    return index < 0 ? undefined : this.at(index);
  }

  /** The last value under this key if it is a string. */
  getString(key: string): string | undefined {
    const found = this.get(key);
    return found?.kind === "string" ? found.value : undefined;
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  /** Replaces the key where it stands, else appends it. */
  with(key: string, any: AnyValue): Attributes {
    const index = this.keys.lastIndexOf(key);
    if (index < 0) return new Attributes([...this.keys, key], [...this.kinds, any.kind], [...this.values, any.value]);
    return new Attributes(this.keys, this.kinds.with(index, any.kind), this.values.with(index, any.value));
  }

  without(key: string): Attributes {
    return this.has(key) ? Attributes.of([...this].filter(([name]) => name !== key)) : this;
  }

  *[Symbol.iterator](): IterableIterator<readonly [string, AnyValue]> {
    for (let index = 0; index < this.keys.length; index++) yield [this.keys[index] as string, this.at(index)];
  }

  /** Equal for equal sets whatever their order; unambiguous because every part carries its length. Cached. */
  get canonicalKey(): string {
    this.#canonicalKey ??= [...this]
      .map(([key, any]) => `${key.length}:${key}=${valueKey(any)}`)
      .sort()
      .join(",");
    return this.#canonicalKey;
  }
}

export function anyValue(value: string | number | boolean): AnyValue {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "boolean") return { kind: "bool", value };
  return Number.isSafeInteger(value) ? { kind: "int", value } : { kind: "double", value };
}

function valueKey(any: AnyValue): string {
  switch (any.kind) {
    case "string":
      return `s${any.value.length}:${any.value}`;
    case "bytes":
      return `x${any.value.length}:${Array.from(any.value).join(".")}`;
    case "array":
      return `a${any.value.length}[${any.value.map(valueKey).join(",")}]`;
    case "map":
      return `m{${any.value.canonicalKey}}`;
    default:
      return `${any.kind}:${String(any.value)}`;
  }
}
