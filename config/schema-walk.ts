import type { Path } from "./tree.ts";

/** The part of zod's own description of a schema (`schema._zod.def`) that is read here; by shape, as a plugin may carry its own zod. */
interface SchemaDef {
  readonly type: string;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly out?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
  readonly items?: readonly Schema[];
  readonly left?: Schema;
  readonly right?: Schema;
  readonly getter?: () => Schema;
}
interface Schema {
  readonly _zod: { readonly def: SchemaDef };
}

/** The keys that a map at `path` may have, for suggestions. Empty where the schema takes any key or is none that we can read. */
export function keysAt(schema: unknown, path: Path): readonly string[] {
  let here: readonly Schema[] = isSchema(schema) ? unwrapped(schema) : [];
  for (const step of path) here = here.flatMap((candidate) => children(candidate, step)).flatMap(unwrapped);
  return [...new Set(here.flatMap((candidate) => Object.keys(candidate._zod.def.shape ?? {})))];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value;
}

/** Through defaults, optionals, transforms and unions to the schemas that look at the input itself. */
function unwrapped(schema: Schema): readonly Schema[] {
  const { type, innerType, in: input, out, options, left, right, getter } = schema._zod.def;
  if (type === "pipe" && input !== undefined) return unwrapped(input._zod.def.type === "transform" && out !== undefined ? out : input);
  if (type === "lazy" && getter !== undefined) return unwrapped(getter());
  if (innerType !== undefined) return unwrapped(innerType);
  if (options !== undefined) return options.flatMap(unwrapped);
  if (left !== undefined && right !== undefined) return [...unwrapped(left), ...unwrapped(right)];
  return [schema];
}

function children(schema: Schema, step: string | number): readonly Schema[] {
  const { shape, element, valueType, items } = schema._zod.def;
  const child = (shape !== undefined && Object.hasOwn(shape, step) ? shape[step] : undefined) ?? element ?? valueType ?? items?.[Number(step)];
  return child === undefined ? [] : [child];
}
