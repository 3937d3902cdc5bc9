import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";

/** A real Prometheus that scrapes one target every half second. */
export interface PrometheusProcess extends AsyncDisposable {
  /** The answer of an instant query: the series' labels and values. */
  query(expression: string): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>;
}

interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[] };
}

export async function startPrometheus(target: string): Promise<PrometheusProcess> {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-prometheus-"));
  const port = await freePort();
  const config = {
    global: { scrape_interval: "500ms", scrape_timeout: "500ms" },
    scrape_configs: [{ job_name: "pitwall", honor_labels: true, static_configs: [{ targets: [target] }] }],
  };
  // JSON is YAML.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  const { file, arguments: first, environment } = peerCommand("prometheus");
  const process = new Process({
    file,
    arguments: [
      ...first,
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    environment,
  });
  await process.waitFor("ready message", () => (process.stderr.includes("Server is ready to receive web requests") ? true : undefined));
  return {
    async query(expression) {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const answer = (await response.json()) as QueryAnswer;
      if (answer.data === undefined) throw new Error(`${expression}: ${answer.error ?? answer.status}`);
      return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async [Symbol.asyncDispose]() {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks again until the answer is as wanted; after 15 s gives the last one, for the caller's own assertion to judge. */
export async function queryUntil(
  prometheus: PrometheusProcess,
  expression: string,
  isWanted: (value: number | undefined) => boolean,
): Promise<number | undefined> {
  const deadline = AbortSignal.timeout(15_000);
  for (;;) {
    const [only] = await prometheus.query(expression);
    if (isWanted(only?.value) || deadline.aborted) return only?.value;
    await wait(100);
  }
}
