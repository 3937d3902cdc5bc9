import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type CommandName, peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";

export interface SeriesValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Somewhere that remote write goes to and PromQL is answered. */
export interface VictoriaMetrics extends AsyncDisposable {
  /** `/api/v1/write` of it. */
  readonly writeUrl: string;
  /** The answer of an instant query at this moment. */
  query(expression: string): Promise<readonly SeriesValue[]>;
}

/** What was written a moment ago is to be seen, and each time anew. */
const NO_DELAY = ["-search.latencyOffset=0s", "-search.disableCache"];

/** A single node with an empty folder, pinned to `cores` if they are given. */
export async function startVictoriaMetrics(cores?: string): Promise<VictoriaMetrics & { readonly pid: number }> {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-victoria-"));
  const port = await freePort();
  const process = start(
    "victoria-metrics",
    [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`, "-retentionPeriod=1d", ...NO_DELAY],
    cores,
  );
  await healthy(port, process);
  return {
    pid: process.pid,
    writeUrl: `http://127.0.0.1:${port}/api/v1/write`,
    query: (expression) => query(`http://127.0.0.1:${port}`, expression),
    async [Symbol.asyncDispose]() {
      await process.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface VictoriaMetricsCluster extends VictoriaMetrics {
  /** Kills storage node 0 or 1 with SIGKILL. */
  kill(node: number): Promise<void>;
  /** Starts it again, on its old folder and ports. */
  restart(node: number): Promise<void>;
}

/** Two storage nodes that each hold all data, one insert and one select process. */
export async function startVictoriaMetricsCluster(): Promise<VictoriaMetricsCluster> {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-victoria-"));
  const nodes = await Promise.all([0, 1].map((index) => describeNode(folder, index)));
  const running = nodes.map(startNode);
  await Promise.all(nodes.map(({ httpPort }, index) => healthy(httpPort, running[index] as Process)));
  const insertPort = await freePort();
  const insert = start("vminsert", [
    `-httpListenAddr=127.0.0.1:${insertPort}`,
    `-storageNode=${nodes.map(({ insertPort: port }) => `127.0.0.1:${port}`).join(",")}`,
    "-replicationFactor=2",
  ]);
  await healthy(insertPort, insert);
  const selectPort = await freePort();
  const select = start("vmselect", [
    `-httpListenAddr=127.0.0.1:${selectPort}`,
    `-storageNode=${nodes.map(({ selectPort: port }) => `127.0.0.1:${port}`).join(",")}`,
    "-replicationFactor=2",
    // Every sample is there twice.
    "-dedup.minScrapeInterval=1ms",
    ...NO_DELAY,
  ]);
  await healthy(selectPort, select);
  return {
    writeUrl: `http://127.0.0.1:${insertPort}/insert/0/prometheus/api/v1/write`,
    query: (expression) => query(`http://127.0.0.1:${selectPort}/select/0/prometheus`, expression),
    async kill(node) {
      const process = running[node] as Process;
      process.child.kill("SIGKILL");
      await process.end();
    },
    async restart(node) {
      const process = startNode(nodes[node] as Node);
      running[node] = process;
      await healthy((nodes[node] as Node).httpPort, process);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([select, insert].map((process) => process.stop()));
      await Promise.all(running.map((process) => process.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Node {
  readonly folder: string;
  readonly httpPort: number;
  readonly insertPort: number;
  readonly selectPort: number;
}

async function describeNode(folder: string, index: number): Promise<Node> {
  return { folder: join(folder, `node-${index}`), httpPort: await freePort(), insertPort: await freePort(), selectPort: await freePort() };
}

function startNode({ folder, httpPort, insertPort, selectPort }: Node): Process {
  const addresses = [`-httpListenAddr=127.0.0.1:${httpPort}`, `-vminsertAddr=127.0.0.1:${insertPort}`, `-vmselectAddr=127.0.0.1:${selectPort}`];
  return start("vmstorage", [`-storageDataPath=${folder}`, "-retentionPeriod=1d", "-dedup.minScrapeInterval=1ms", ...addresses]);
}

function start(command: CommandName, flags: readonly string[], cores?: string): Process {
  const { file, arguments: first, environment } = peerCommand(command);
  return new Process({ file, arguments: [...first, ...flags], environment, ...(cores === undefined ? {} : { cores }) });
}

async function healthy(port: number, process: Process): Promise<void> {
  const deadline = AbortSignal.timeout(30_000);
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    if (process.ended || deadline.aborted) throw new Error(`nothing healthy on port ${port}:\n${process.stderr.slice(-3000)}`);
    await wait(50);
  }
}

async function query(root: string, expression: string): Promise<readonly SeriesValue[]> {
  const response = await fetch(`${root}/api/v1/query?nocache=1&query=${encodeURIComponent(expression)}`);
  const answer = (await response.json()) as {
    readonly error?: string;
    readonly data?: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[] };
  };
  if (answer.data === undefined) throw new Error(`${expression}: ${answer.error ?? response.status}`);
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
