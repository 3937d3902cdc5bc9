import { expect } from "vitest";
import type { Answers } from "./every-kind.ts";
import type { PrometheusProcess, QueriedSeries } from "./prometheus-process.ts";
import type { VictoriaMetrics } from "./victoria-metrics-process.ts";

export type Server = Pick<PrometheusProcess, "query">;

/** What a server says to every query about the series that the matchers (`via="om"`) mean: its only value, or all that it found. */
export async function answersOf(server: Server, answers: Answers, matchers: string): Promise<readonly (readonly [string, unknown])[]> {
  const found = [];
  for (const [query, wanted] of answers) found.push([query, judged(wanted, await server.query(query.replaceAll("{}", matchers)))] as const);
  return found;
}

/** The wanted number where it is the only one, to the last bits of its last digit: sums of shares differ there. */
function judged(wanted: number, found: readonly QueriedSeries[]): unknown {
  const [only] = found;
  if (found.length !== 1 || only === undefined) return found;
  return Math.abs(only.value - wanted) <= Math.abs(wanted) * 1e-12 ? wanted : only.value;
}

/**
 * VictoriaMetrics shows what it took some seconds later, or at once where it is told to (VictoriaMetrics docs: README, force flush of recently
 * ingested data): told with every query.
 */
export function flushed(victoria: VictoriaMetrics): Server {
  return {
    async query(expression) {
      await fetch(new URL("/internal/force_flush", victoria.writeUrl));
      return victoria.query(expression);
    },
  };
}

/** The server's only value of this query is, within 15 s, what is wanted; undefined: there is none. */
export async function expectValue(server: Server, query: string, wanted: unknown, timeoutMs = 15_000): Promise<void> {
  await expect.poll(async () => (await server.query(query))[0]?.value, { timeout: timeoutMs, interval: 50, message: query }).toEqual(wanted);
}
