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

export interface FoundExemplar {
  readonly trace: string | undefined;
  readonly value: number;
  readonly ms: number;
}

/** The exemplars that a Prometheus has of these series within a minute of this time, by value. */
export async function exemplarsOf(server: PrometheusProcess, selector: string, aroundMs: number): Promise<readonly FoundExemplar[]> {
  const range = `start=${aroundMs / 1000 - 60}&end=${aroundMs / 1000 + 60}`;
  const found = (await server.get(`query_exemplars?query=${encodeURIComponent(selector)}&${range}`)) as readonly {
    readonly exemplars: readonly { readonly labels: { readonly trace_id?: string }; readonly value: string; readonly timestamp: number }[];
  }[];
  return found
    .flatMap(({ exemplars }) => exemplars)
    .map(({ labels, value, timestamp }) => ({ trace: labels.trace_id, value: Number(value), ms: Math.round(timestamp * 1000) }))
    .sort((a, b) => a.value - b.value);
}

/** The server's only value of this query is, within 15 s, what is wanted; undefined: there is none. */
export async function expectValue(server: Server, query: string, wanted: unknown, timeoutMs = 15_000): Promise<void> {
  await expect.poll(async () => (await server.query(query))[0]?.value, { timeout: timeoutMs, interval: 50, message: query }).toEqual(wanted);
}
