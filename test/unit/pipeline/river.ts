import { Attributes } from "../../../collector/model/attributes.ts";
import type { Batch, Signal } from "../../../collector/model/batch.ts";
import type { LogRecord } from "../../../collector/model/log-record.ts";
import type { Resource, Scope } from "../../../collector/model/resource.ts";
import type { Span } from "../../../collector/model/span.ts";
import type { Pace } from "../../../collector/pipeline/backoff.ts";
import type { CollectorConfig, Configured, PipelineConfig } from "../../../collector/pipeline/collector-config.ts";
import type {
  ComponentContext,
  ExporterDefinition,
  ExtensionDefinition,
  Log,
  Outlet,
  ReceiverDefinition,
  StageDefinition,
} from "../../../collector/pipeline/define.ts";
import { type Collector, openCollector, type Surroundings } from "../../../collector/pipeline/graph.ts";
import { LossLedger } from "../../../collector/pipeline/loss-ledger.ts";
import { Meter } from "../../../collector/pipeline/meter.ts";
import { ACCEPTED, isRefused, type Sink } from "../../../collector/pipeline/sink.ts";
import { batchOf } from "../../../collector/wire/otlp-batch.ts";

/** A small river for tests: batches whose items can be told apart, components made by hand, and a collector round them. */

export const RESOURCE: Resource = {
  attributes: Attributes.from({ "service.name": "shop" }),
  droppedAttributesCount: 0,
  entityRefs: [],
  schemaUrl: "",
};
export const SCOPE: Scope = { name: "test", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };

export function logRecord(body: string, fields: Partial<LogRecord> = {}): LogRecord {
  return {
    resource: RESOURCE,
    scope: SCOPE,
    timeUnixNano: 1n,
    observedUnixNano: 1n,
    severityNumber: 9,
    severityText: "INFO",
    eventName: "",
    body: { kind: "string", value: body },
    attributes: Attributes.EMPTY,
    droppedAttributesCount: 0,
    flags: 0,
    traceId: "",
    spanId: "",
    ...fields,
  };
}

/** `count` log records with the bodies `name-0`, `name-1` … */
export function logs(count: number, name = "log"): Batch {
  return batchOf(
    "logs",
    Array.from({ length: count }, (_, index) => logRecord(`${name}-${index}`)),
  );
}

export function span(name: string, fields: Partial<Span> = {}): Span {
  return {
    resource: RESOURCE,
    scope: SCOPE,
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    parentSpanId: "",
    traceState: "",
    flags: 0,
    name,
    kind: 2,
    startUnixNano: 1_000_000n,
    endUnixNano: 4_000_000n,
    attributes: Attributes.EMPTY,
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: "",
    ...fields,
  };
}

/** `count` spans with the names `name-0`, `name-1` … */
export function spans(count: number, name = "span"): Batch {
  return batchOf(
    "traces",
    Array.from({ length: count }, (_, index) => span(`${name}-${index}`)),
  );
}

/** What tells the items of a batch of logs apart. */
export function bodies(batch: Batch): readonly string[] {
  return batch.signal === "logs" ? batch.items.map((item) => String(item.body.value)) : [];
}

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

export function recordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine["level"]) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export interface TestSurroundings extends Surroundings {
  readonly log: ReturnType<typeof recordingLog>;
  /** What went to stdout. */
  readonly printed: string[];
  /** `component protocol address` */
  readonly listens: string[];
}

export function surroundings(): TestSurroundings {
  const printed: string[] = [];
  const listens: string[] = [];
  return {
    log: recordingLog(),
    meter: new Meter(),
    ledger: new LossLedger(),
    printed,
    listens,
    listening: (id, protocol, address) => void listens.push(`${id} ${protocol} ${address}`),
    async stdout(text) {
      printed.push(typeof text === "string" ? text : new TextDecoder().decode(text));
    },
  };
}

/** What one component is given when it is opened without a graph. */
export function context(id: string, around: TestSurroundings = surroundings()): ComponentContext {
  return { ...around, id, listening: (protocol, address) => around.listening(id, protocol, address), extension: () => undefined };
}

export const ALL_SIGNALS: readonly Signal[] = ["traces", "metrics", "logs"];
const anyConfig = { safeParse: undefined } as unknown as ReceiverDefinition["config"];

/** A receiver that the test pushes through by hand. */
export function handReceiver(): {
  readonly definition: ReceiverDefinition;
  readonly push: (batch: Batch) => Promise<void>;
  readonly out: () => Outlet;
} {
  let outlet: Outlet | undefined;
  const out = (): Outlet => {
    if (outlet === undefined) throw new Error("the receiver is not open");
    return outlet;
  };
  const definition: ReceiverDefinition = {
    kind: "receiver",
    type: "hand",
    about: "Pushes what the test gives it.",
    signals: ALL_SIGNALS,
    config: anyConfig,
    async open(_config, next) {
      outlet = next;
      return { async [Symbol.asyncDispose]() {} };
    },
  };
  return { definition, out, push: (batch) => out().push(batch) };
}

/** An exporter that keeps what it is given; `answer` may refuse, reject or fault before that. */
export function basket(
  answer: (batch: Batch, attempt: number) => Promise<void> | void = () => {},
  queued = false,
): {
  readonly definition: ExporterDefinition;
  readonly taken: Batch[];
  readonly bodies: () => readonly string[];
  readonly sink: Sink;
  attempts: () => number;
} {
  const taken: Batch[] = [];
  let attempts = 0;
  const sink: Sink = {
    push(batch) {
      attempts++;
      const answered = answer(batch, attempts);
      if (answered === undefined) {
        taken.push(batch);
        return ACCEPTED;
      }
      return answered.then(() => void taken.push(batch));
    },
  };
  const definition: ExporterDefinition = {
    kind: "exporter",
    type: "basket",
    about: "Keeps what it is given.",
    signals: ALL_SIGNALS,
    config: anyConfig,
    queued,
    open: async () => ({ push: sink.push, async [Symbol.asyncDispose]() {} }),
  };
  return { definition, taken, sink, bodies: () => taken.flatMap(bodies), attempts: () => attempts };
}

export interface RiverParts {
  readonly receivers?: Readonly<Record<string, ReceiverDefinition>>;
  readonly processors?: Readonly<Record<string, Configured<StageDefinition>>>;
  readonly connectors?: Readonly<Record<string, Configured<StageDefinition>>>;
  readonly exporters?: Readonly<Record<string, Configured<ExporterDefinition> | ExporterDefinition>>;
  readonly extensions?: Readonly<Record<string, Configured<ExtensionDefinition>>>;
  readonly pipelines: readonly (Omit<PipelineConfig, "signal" | "processors"> & Partial<Pick<PipelineConfig, "processors">>)[];
}

export function collectorConfig(parts: RiverParts): CollectorConfig {
  const configured = <D extends object>(one: Configured<D> | D): Configured<D> =>
    "definition" in one ? (one as Configured<D>) : { definition: one, config: {} };
  return {
    receivers: new Map(Object.entries(parts.receivers ?? {}).map(([id, definition]) => [id, { definition, config: {} }])),
    processors: new Map(Object.entries(parts.processors ?? {})),
    connectors: new Map(Object.entries(parts.connectors ?? {})),
    exporters: new Map(Object.entries(parts.exporters ?? {}).map(([id, one]) => [id, configured<ExporterDefinition>(one)])),
    extensions: new Map(Object.entries(parts.extensions ?? {})),
    service: {
      extensions: Object.keys(parts.extensions ?? {}),
      pipelines: parts.pipelines.map((one) => ({ processors: [], ...one, signal: one.id.split("/")[0] as Signal })),
      telemetry: { metrics: { enabled: false, host: "127.0.0.1", port: 0 }, logs: { level: "info", encoding: "console" } },
    },
  };
}

export interface River {
  readonly collector: Collector;
  readonly around: TestSurroundings;
}

export async function openRiver(parts: RiverParts, shutdownTimeoutMs = 2000): Promise<River> {
  const around = surroundings();
  return { around, collector: await openCollector(collectorConfig(parts), around, { shutdownTimeoutMs }) };
}

/** Time that passes only by waiting: every sleep is over at once and is written down. */
export function instantPace(): Pace & { readonly sleptMs: number[] } {
  const sleptMs: number[] = [];
  let nowMs = 0;
  return {
    sleptMs,
    nowMs: () => nowMs,
    async sleep(ms, signal) {
      if (signal.aborted) return;
      sleptMs.push(ms);
      nowMs += ms;
    },
  };
}

/** Lets everything that is ready run, timers excepted. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A sender as the protocols ask for: what is refused is sent again, at once. Gives how often it was refused. */
export async function sendUntilTaken(sink: Sink, batch: Batch): Promise<number> {
  for (let refusals = 0; ; refusals++) {
    try {
      await sink.push(batch);
      return refusals;
    } catch (error) {
      if (!isRefused(error)) throw error;
      await turn();
    }
  }
}
