import { setTimeout as wait } from "node:timers/promises";
import type { PrometheusProcess } from "./prometheus-process.ts";

/** What Grafana puts in. Four exports and scrapes of half a second fit into the rate interval; "All" is the variables' `allValue`. */
const VARIABLES: Readonly<Record<string, string>> = {
  __rate_interval: "4s",
  __range: "60s",
  job: ".+",
  instance: ".+",
  run: ".+",
  proxy: "nginx.*",
};

export interface Question {
  readonly prometheus: PrometheusProcess;
  /** Without variables. */
  readonly expression: string;
  /** Asked once, else over the time since. */
  readonly isInstant: boolean;
  /** Unix time. */
  readonly sinceSeconds: number;
}

interface Matrix {
  readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[];
}

export function withVariables(expression: string, chosen: Readonly<Record<string, string>> = {}): string {
  const given = { ...VARIABLES, ...chosen };
  return expression.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => given[braced ?? bare ?? ""] ?? whole);
}

/** Whether there is at least one finite value, now or since the run began; asks again for a while. */
export async function hasData(question: Question, patienceMs: number): Promise<boolean> {
  const deadline = AbortSignal.timeout(Math.max(1, patienceMs));
  for (;;) {
    if ((await values(question)).some(Number.isFinite)) return true;
    if (patienceMs === 0 || deadline.aborted) return false;
    await wait(200);
  }
}

async function values({ prometheus, expression, isInstant, sinceSeconds }: Question): Promise<readonly number[]> {
  if (isInstant) return (await prometheus.query(expression)).map(({ value }) => value);
  const parameters = new URLSearchParams({ query: expression, start: String(sinceSeconds), end: String(Date.now() / 1000), step: "1" });
  const { result } = (await prometheus.get(`query_range?${parameters}`)) as Matrix;
  return result.flatMap((series) => series.values.map(([, value]) => Number(value)));
}
