import { request } from "node:http";
import type { Batch, Signal } from "../../collector/model/batch.ts";
import type { ComponentContext, OpenExtension, Outlet } from "../../collector/pipeline/define.ts";
import { LossLedger } from "../../collector/pipeline/loss-ledger.ts";
import { Meter } from "../../collector/pipeline/meter.ts";
import { otlp } from "../../collector/receivers/otlp/otlp.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

export interface Harness extends AsyncDisposable {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** What `context.listening` was told: protocol → address. */
  readonly listening: ReadonlyMap<string, string>;
  /** What went on into the pipeline, in order, with bytes of its own. */
  readonly batches: readonly Batch[];
  readonly meter: Meter;
  readonly ledger: LossLedger;
  readonly log: readonly LogLine[];
}

export interface HarnessOptions {
  readonly signals?: readonly Signal[];
  /** Stands for the pipeline; a batch is collected once it resolves. */
  readonly push?: (batch: Batch) => Promise<void>;
  readonly extensions?: Readonly<Record<string, OpenExtension>>;
  readonly outOfTime?: AbortSignal;
  /** Keys of the receiver beside `protocols`. */
  readonly keys?: object;
}

const ANY_PORT = { endpoint: "127.0.0.1:0" };

/** The receiver as the collector opens it, from its YAML keys, with an outlet that collects. Default: HTTP on any free port. */
export async function openReceiver(
  protocols: Readonly<Record<string, object | null>> = { http: {} },
  options: HarnessOptions = {},
): Promise<Harness> {
  const config = otlp.config.parse({
    protocols: Object.fromEntries(Object.entries(protocols).map(([name, keys]) => [name, { ...ANY_PORT, ...keys }])),
    ...options.keys,
  });
  const { context, log, listening } = testContext(options);
  const batches: Batch[] = [];
  const out: Outlet = {
    signals: new Set(options.signals ?? ["traces", "metrics", "logs"]),
    async push(batch) {
      const kept = batch.retain();
      await options.push?.(batch);
      context.ledger.received(context.id, batch.signal, batch.count);
      batches.push(kept);
    },
  };
  const running = await otlp.open(config, out, context);
  const portOf = (protocol: string) => Number(listening.get(protocol)?.split(":").at(-1) ?? 0);
  return {
    httpPort: portOf("http"),
    grpcPort: portOf("grpc"),
    listening,
    batches,
    meter: context.meter,
    ledger: context.ledger,
    log,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

export function testContext(options: Pick<HarnessOptions, "extensions" | "outOfTime"> = {}) {
  const log: LogLine[] = [];
  const listening = new Map<string, string>();
  const line = (level: LogLine["level"]) => (fields: object, message: string) => {
    log.push({ level, fields, message });
  };
  const context: ComponentContext = {
    id: "otlp",
    log: { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") },
    meter: new Meter(),
    ledger: new LossLedger(),
    listening: (protocol, address) => listening.set(protocol, address),
    extension: (id) => options.extensions?.[id],
    stdout: async () => {},
    ...(options.outOfTime === undefined ? {} : { outOfTime: options.outOfTime }),
  };
  return { context, log, listening };
}

/** A pipeline that holds what is pushed until `release`; `reached` resolves with the first push. */
export function heldPipeline() {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const push = () => {
    reached.resolve();
    return released.promise;
  };
  return { push, reached: reached.promise, release: () => released.resolve() };
}

export function itemCount(harness: Harness): number {
  return harness.batches.reduce((sum, batch) => sum + batch.count, 0);
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** For `expect.poll`: a busy machine is no failure. */
export const PATIENTLY = { timeout: 10_000 };

export const PROTOBUF = { "content-type": "application/x-protobuf" };
export const JSON_TYPE = { "content-type": "application/json" };

/** One request by node:http on a connection of its own. */
export function send(
  port: number,
  method: string,
  path: string,
  body: Uint8Array | string = "",
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, method, path, headers: { "content-length": Buffer.byteLength(body), ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export const post = (
  harness: Harness,
  path: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = PROTOBUF,
): Promise<Reply> => send(harness.httpPort, "POST", path, body, headers);
