import type { Hop } from "../../model/catalog.ts";
import type { Evidence, Gap } from "../diagnosis.ts";
import type { Stream } from "../digest-types.ts";

/** Evidence whose window is the whole load unless told. */
export function evidence(
  what: string,
  field: string,
  value: string,
  more: { readonly n?: number | undefined; readonly how?: string; readonly window?: string } = {},
): Evidence {
  return { what, field, value, window: more.window ?? "load", n: more.n, how: more.how ?? "" };
}

/** `nginx status`: who told it, and which of its columns. */
export function fieldOf(stream: Stream, column: string): string {
  return `${stream.witnesses.join(", ") || stream.hop} ${column}`;
}

export function gap(id: string, hop: Hop | undefined, what: string, effect: string, remedy: string): Gap {
  return { id, hop, what, effect, remedy };
}
