import type { Interval } from "./interval.ts";

/** The same request by two clocks: the server's times lie within the client's. Unix times in ms (a double keeps 0.2 µs of them). */
export interface PairedTimes {
  readonly clientStartMs: number;
  readonly clientEndMs: number;
  readonly serverStartMs: number;
  readonly serverEndMs: number;
}

/**
 * - `consistent`: one offset fits all pairs
 * - `mostly`: it fits all but a few, which are wrong joins
 * - `drift`: no one offset fits; compare durations only
 * - `unknown`: no pair
 */
export type SkewState = "consistent" | "mostly" | "drift" | "unknown";

export interface ClockSkew extends Interval {
  readonly state: SkewState;
  readonly pairs: number;
  /** Pairs that the offset fits. */
  readonly fitting: number;
}

/** At least this share must fit for the rest to be called wrong joins. */
const MOSTLY = 0.95;

/**
 * What must be added to the server's clock to make it the client's, in ms, as an interval: its width is what cannot be known without more
 * requests, so place windows with it and never take it off a duration.
 *
 * Each pair allows θ from clientStart − serverStart to clientEnd − serverEnd; the answer is what most pairs allow.
 * Source: K. Marzullo and S. Owicki, "Maintaining the time in a distributed system" (1983), intersection of the most intervals.
 */
export function clockSkew(pairs: readonly PairedTimes[]): ClockSkew {
  const edges: { readonly at: number; readonly step: 1 | -1 }[] = [];
  for (const { clientStartMs, clientEndMs, serverStartMs, serverEndMs } of pairs) {
    const [from, to] = [clientStartMs - serverStartMs, clientEndMs - serverEndMs];
    // The server took longer than the client waited: no offset explains that.
    if (!(from <= to)) continue;
    edges.push({ at: from, step: 1 }, { at: to, step: -1 });
  }
  edges.sort((a, b) => a.at - b.at || b.step - a.step);
  let [open, fitting, lower, upper] = [0, 0, Number.NaN, Number.NaN];
  edges.forEach(({ at, step }, index) => {
    open += step;
    if (open > fitting) [fitting, lower, upper] = [open, at, edges[index + 1]?.at ?? at];
  });
  const share = fitting / pairs.length;
  const state = pairs.length === 0 ? "unknown" : fitting === pairs.length ? "consistent" : share >= MOSTLY ? "mostly" : "drift";
  return { lower, upper, state, pairs: pairs.length, fitting };
}
