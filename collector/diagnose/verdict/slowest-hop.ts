import type { Hop } from "../../model/catalog.ts";
import type { Decomposition } from "../diagnosis.ts";

/** Parts that only a proxy tells. */
const OF_A_PROXY: ReadonlySet<string> = new Set(["R2", "upstream_connect", "upstream", "body"]);

export interface SlowestHop {
  readonly hop: Hop;
  /** Of the time, 0..1. */
  readonly share: number;
  /** `store`; where two hops cannot be told apart, both. */
  readonly words: string;
}

/** The hop in which most of the time of a successful request goes; undefined where the parts are not known. */
export function slowestHop(decompositions: readonly Decomposition[]): SlowestHop | undefined {
  const whole = decompositions.find(({ scope, endpoint }) => scope === "load" && endpoint === "");
  if (whole === undefined || whole.parts.length === 0) return undefined;
  const byHop = new Map<Hop, number>();
  for (const { hop, meanMs } of whole.parts) byHop.set(hop, (byHop.get(hop) ?? 0) + Math.max(0, meanMs));
  const sum = [...byHop.values()].reduce((all, ms) => all + ms, 0);
  const total = whole.totalMs ?? sum;
  // Parts of one hop alone compare with nothing.
  if (total <= 0 || byHop.size < 2) return undefined;
  const [hop, ms] = [...byHop].sort(([, a], [, b]) => b - a)[0] as [Hop, number];
  // Who heard of the client alone knows nothing of what lies behind the wait.
  if (hop === "network" && whole.parts.some(({ id }) => id === "wait"))
    return { hop, share: Math.min(1, ms / total), words: "network, or whatever lies behind it" };
  // Without a proxy's times the wait for the application to begin is in what looks like the network.
  const isOpen = hop === "network" && whole.parts.some(({ id }) => id === "R1") && !whole.parts.some(({ id }) => OF_A_PROXY.has(id));
  return { hop, share: Math.min(1, ms / total), words: isOpen ? "network, or the application's queue" : hop };
}
