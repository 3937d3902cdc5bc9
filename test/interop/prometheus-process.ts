import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";

export interface PrometheusOptions {
  /** Debian's 2.42 (default) or 3.x. */
  readonly command?: "prometheus" | "prometheus3";
  /** Scraped twice a second, with honor_labels. Undefined: nothing is scraped. */
  readonly target?: string;
  /** Further keys of the scrape config, e.g. `{ scrape_native_histograms: true }`. */
  readonly scrape?: object;
  /** Further top-level keys of prometheus.yml, e.g. `{ rule_files: […], alerting: … }`. */
  readonly config?: object;
  /** Of `global`, e.g. `{ evaluation_interval: "1s" }`. */
  readonly global?: object;
  readonly flags?: readonly string[];
  /** Pins it to these cores. */
  readonly cores?: string;
}

export interface QueriedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus with an empty folder. Remote write is on (2.33 and later). */
export interface PrometheusProcess extends AsyncDisposable {
  readonly url: string;
  /** `/api/v1/write` of it. */
  readonly writeUrl: string;
  /** The one that runs now. */
  readonly process: Process;
  /** Kills it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, on its old folder and port. */
  restart(): Promise<void>;
  /** The answer of an instant query: the series' labels and values. */
  query(expression: string, atSeconds?: number): Promise<readonly QueriedSeries[]>;
  /** `data` of any answer of its API: `get("targets?state=active")`. Throws Prometheus' own words. */
  get(path: string): Promise<unknown>;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: unknown;
}

interface InstantVector {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[];
}

/** `options` as text: the target to scrape, everything else as usual. */
export async function startPrometheus(options: string | PrometheusOptions): Promise<PrometheusProcess> {
  const {
    command = "prometheus",
    target,
    scrape,
    config,
    global,
    flags = [],
    cores,
  }: PrometheusOptions = typeof options === "string" ? { target: options } : options;
  const folder = mkdtempSync(join(tmpdir(), "pitwall-prometheus-"));
  const port = await freePort();
  const job = { job_name: "pitwall", honor_labels: true, ...scrape, static_configs: [{ targets: [target] }] };
  // JSON is YAML.
  const yaml = JSON.stringify({
    global: { scrape_interval: "500ms", scrape_timeout: "500ms", ...global },
    scrape_configs: target === undefined ? [] : [job],
    ...config,
  });
  writeFileSync(join(folder, "prometheus.yml"), yaml);
  const peer = peerCommand(command);
  const start = async (): Promise<Process> => {
    const started = new Process({
      file: peer.file,
      arguments: [
        ...peer.arguments,
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--web.enable-remote-write-receiver",
        ...flags,
      ],
      environment: peer.environment,
      ...(cores === undefined ? {} : { cores }),
    });
    await started.waitFor("ready message", () => (started.stderr.includes("Server is ready to receive web requests") ? true : undefined));
    return started;
  };
  let process = await start();
  const url = `http://127.0.0.1:${port}`;
  const get = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as Answer;
    if (answer.data === undefined) throw new Error(`${path}: ${answer.error ?? answer.status}`);
    return answer.data;
  };
  return {
    url,
    writeUrl: `${url}/api/v1/write`,
    get process() {
      return process;
    },
    async kill() {
      process.child.kill("SIGKILL");
      await process.end();
    },
    async restart() {
      process = await start();
    },
    get,
    async query(expression, atSeconds) {
      const time = atSeconds === undefined ? "" : `&time=${atSeconds}`;
      const { result } = (await get(`query?query=${encodeURIComponent(expression)}${time}`)) as InstantVector;
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async [Symbol.asyncDispose]() {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks again until the answer is as wanted; after 15 s gives the last one, for the caller's own assertion to judge. */
export async function queryUntil(
  prometheus: Pick<PrometheusProcess, "query">,
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
