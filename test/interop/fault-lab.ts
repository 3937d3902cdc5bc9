import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openRunClient } from "../../collector/cli/load-run/run-client.ts";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { type NginxOptions, startNginx } from "../../loadtest/nginx/start-nginx.ts";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";

/** One run with one fault in it: real k6, the sample api-server, nginx before it where asked for, all recorded by `pitwall run`. */
export interface LabCase {
  /** What follows PREFACE: `export const options` and the default function. */
  readonly script: string;
  /** Environment of the sample server. */
  readonly server?: Readonly<Record<string, string>>;
  /** Settings of an nginx before the server at this address; absent: the generator calls the server itself. What the stack holds ends with the case. */
  readonly proxy?: (address: string, stack: AsyncDisposableStack) => Promise<Partial<NginxOptions>>;
  readonly thresholds?: readonly string[];
  /** What is done to the parts once the load has begun. */
  readonly during?: (lab: RunningLab) => Promise<void>;
  /** Folder that ledger and reports are copied to, for whoever wants to look into a case. */
  readonly keepIn?: string;
}

export interface RunningLab {
  readonly server: Process;
}

export interface LabResult {
  readonly report: RunReport;
  /** Exit code of `pitwall run`. */
  readonly code: number | null;
  /** What people read in the terminal. */
  readonly text: string;
}

/** `get(PATH)` sends a request that can be followed through the hops, as the project's own k6 script does. */
const PREFACE = `import http from "k6/http";
import exec from "k6/execution";
import { sleep } from "k6";
import { randomBytes } from "k6/crypto";
const hex = (length) => Array.from(new Uint8Array(randomBytes(length)), (byte) => byte.toString(16).padStart(2, "0")).join("");
function get(path, { token, timeout = "10s" } = {}) {
  const traceId = hex(16);
  const headers = { traceparent: "00-" + traceId + "-" + hex(8) + "-01" };
  if (token !== undefined) headers.authorization = "Bearer " + token;
  exec.vu.metrics.metadata.trace_id = traceId;
  try {
    return http.get(__ENV.BASE_URL + path, { headers, tags: { name: path }, timeout });
  } finally {
    delete exec.vu.metrics.metadata.trace_id;
  }
}
const PUZZLES = "/api/runtime/puzzle/gallery";
const WORLDS = "/api/runtime/custom-world-gallery";
const OWN_PUZZLES = "/api/runtime/puzzle/works";
const OWN_WORLDS = "/api/runtime/custom-world/works";
`;

/** Its telemetry is there soon, none of it is dropped silently, and it does not wait for a collector that has gone. */
const SERVER = {
  GENARRATIVE_API_LISTEN: "127.0.0.1:0",
  GENARRATIVE_OTEL_ENABLED: "true",
  OTEL_METRIC_EXPORT_INTERVAL: "500",
  OTEL_METRIC_EXPORT_TIMEOUT: "500",
  OTEL_EXPORTER_OTLP_TIMEOUT: "500",
  OTEL_BSP_SCHEDULE_DELAY: "300",
  OTEL_BLRP_SCHEDULE_DELAY: "300",
  OTEL_BSP_MAX_QUEUE_SIZE: "50000",
  OTEL_BLRP_MAX_QUEUE_SIZE: "50000",
};

/** Runs the case and gives what the report says of it. Nothing is left behind. */
export async function runInLab(lab: LabCase): Promise<LabResult> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "pitwall-lab-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const [otlpHttp, otlpGrpc, api] = await Promise.all([freePort(), freePort(), freePort()]);
  const server = stack.use(
    new Process({
      file: process.execPath,
      arguments: ["loadtest/api-server/main.ts"],
      folder: PROJECT_FOLDER,
      environment: { ...SERVER, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${otlpHttp}`, ...lab.server },
    }),
  );
  // One that stands still does not hear that it should end.
  stack.defer(() => void server.child.kill("SIGCONT"));
  const address = await server.waitFor("ready line", () => readyAddress(server.stderr));
  const nginx = lab.proxy === undefined ? undefined : stack.use(await startNginx({ upstream: address, ...(await lab.proxy(address, stack)) }));
  const script = join(folder, "script.js");
  writeFileSync(script, `${PREFACE}${lab.script}`);
  const k6 = peerCommand("k6");
  const pitwall = stack.use(
    new Process({
      file: process.execPath,
      arguments: [
        ...["collector/cli/main.ts", "run", "--name", "lab", "--quiet", "--no-color", "--runs-dir", join(folder, "runs"), "--out", folder],
        ...["--api", `127.0.0.1:${api}`, "--otlp-http", `127.0.0.1:${otlpHttp}`, "--otlp-grpc", `127.0.0.1:${otlpGrpc}`],
        ...["--before", "1s", "--after", "1s", "--settle", "6s", ...(nginx === undefined ? [] : ["--nginx-log", nginx.accessLog])],
        ...(lab.thresholds ?? []).flatMap((gate) => ["--threshold", gate]),
        ...["--", k6.file, ...k6.arguments, "run", "--quiet", "--no-usage-report", "--log-output=none", script],
      ],
      folder: PROJECT_FOLDER,
      environment: { ...k6.environment, BASE_URL: nginx?.url ?? `http://${address}` },
    }),
  );
  const during = lab.during === undefined ? undefined : meanwhile(lab.during, server, pitwall, `http://127.0.0.1:${api}`);
  const [code] = await Promise.all([pitwall.end(), during]);
  if (!existsSync(join(folder, "report.json"))) throw new Error(`pitwall run ended with ${code} and without a report:\n${pitwall.stderr}`);
  if (lab.keepIn !== undefined) cpSync(folder, lab.keepIn, { recursive: true });
  const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as RunReport;
  return { report, code, text: pitwall.stdout };
}

async function meanwhile(act: NonNullable<LabCase["during"]>, server: Process, pitwall: Process, api: string): Promise<void> {
  const client = openRunClient(api, undefined);
  while (!pitwall.ended && (await client.status().catch(() => undefined))?.run?.loadStartUnixMs === undefined) await sleep(50);
  await act({ server });
}

function readyAddress(stderr: string): string | undefined {
  const line = stderr.split("\n").find((candidate) => candidate.includes('"msg":"ready"'));
  return line === undefined ? undefined : (JSON.parse(line) as { address: string }).address;
}

/** What a report comes to, short enough to be compared with what is the truth. */
export function told({ verdict, findings, exclusions, laws }: RunReport) {
  const ofLoad = laws.filter(({ scope, endpoint }) => scope === "load" && endpoint === "");
  return {
    result: verdict.result,
    hop: verdict.hop,
    confidence: verdict.confidence,
    sentence: verdict.sentence,
    rules: [...new Set(findings.map(({ rule }) => rule))],
    /** Who is said to have lost requests or time, for sure. */
    blamed: [...new Set(findings.filter(({ effect, confidence }) => effect !== "risk" && confidence === "high").map(({ hop }) => hop))],
    excluded: exclusions.map(({ hop }) => hop).sort(),
    broken: [...new Set(ofLoad.filter(({ state }) => state === "broken").map(({ law }) => law))],
    holding: [...new Set(ofLoad.filter(({ state }) => state === "holds").map(({ law }) => law))],
  };
}

/** Sentences that people are to read, with all that is wrong with them. */
export function unreadable({ verdict, findings, exclusions, gaps, laws }: RunReport): readonly string[] {
  const sentences = [
    verdict.sentence,
    ...verdict.reasons,
    ...findings.flatMap(({ claim, nextStep, evidence, counterEvidence }) => [
      claim,
      nextStep,
      ...[...evidence, ...counterEvidence].map(({ what, value, how }) => `${what}: ${value} ${how}`),
    ]),
    ...exclusions.map(({ claim }) => claim),
    ...gaps.flatMap(({ what, effect, remedy }) => [`${what}; ${effect}`, remedy]),
    ...laws.map(({ statement, note }) => `${statement} ${note}`),
  ];
  const WRONG =
    /NaN|undefined|Infinity|\bnull\b|(?<![\d. {2}])1 (requests|answers|gates|timeouts|series of)\b|\b([a-z]+) \2\b|the no\b|, ,|\.\.$|-0\b/;
  return sentences.filter((sentence) => WRONG.test(sentence));
}

/**
 * nginx takes further directives of its `server` block at the end of it, and so also what belongs beside that block: the one that is open is closed, and a
 * map that nobody asks is left for the brace that follows.
 */
export function nginxMore({ server, http }: { readonly server: string; readonly http: string }): Pick<NginxOptions, "more"> {
  return { more: `${server} } ${http} map $host $lab_unused { default 1;` };
}

/** A wire between proxy and upstream that breaks every nth connection as a crashing server would: with a reset, after the request has come. */
export class BreakingRelay implements AsyncDisposable {
  broken = 0;
  readonly #server: Server;
  #connections = 0;

  private constructor(upstream: URL, every: number) {
    this.#server = createServer((from) => {
      from.on("error", () => {});
      if (++this.#connections % every === 0) {
        this.broken++;
        from.once("data", () => from.resetAndDestroy());
        return;
      }
      const to = connect(Number(upstream.port), upstream.hostname);
      to.on("error", () => from.destroy());
      from.on("close", () => to.destroy());
      from.pipe(to).pipe(from);
    }).listen(0, "127.0.0.1");
  }

  static async open(upstream: string, every: number): Promise<BreakingRelay> {
    const relay = new BreakingRelay(new URL(`http://${upstream}`), every);
    await once(relay.#server, "listening");
    return relay;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}
