import type { Hop } from "../../model/catalog.ts";
import type { Decomposition } from "../diagnosis.ts";

/** The hop in which most of the time of a successful request goes, and its share (0..1); undefined where the parts are not known. */
export function slowestHop(decompositions: readonly Decomposition[]): { readonly hop: Hop; readonly share: number } | undefined {
  const whole = decompositions.find(({ scope, endpoint }) => scope === "load" && endpoint === "");
  if (whole === undefined || whole.parts.length === 0) return undefined;
  const byHop = new Map<Hop, number>();
  for (const { hop, meanMs } of whole.parts) byHop.set(hop, (byHop.get(hop) ?? 0) + Math.max(0, meanMs));
  const sum = [...byHop.values()].reduce((all, ms) => all + ms, 0);
  const total = whole.totalMs ?? sum;
  // Parts of one hop alone compare with nothing.
  if (total <= 0 || byHop.size < 2) return undefined;
  const [hop, ms] = [...byHop].sort(([, a], [, b]) => b - a)[0] as [Hop, number];
  return { hop, share: Math.min(1, ms / total) };
}
