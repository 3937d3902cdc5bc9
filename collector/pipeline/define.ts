import type { IncomingHttpHeaders } from "node:http";
import type { z as zod } from "zod";
import type { Signal } from "../model/batch.ts";
import type { LossLedger } from "./loss-ledger.ts";
import type { Meter } from "./meter.ts";
import type { Running, Sink } from "./sink.ts";

/**
 * How a component is declared: one exported constant. Config check, JSON schema, docs and help are made from it.
 * This file is also `pitwall/define`, for components from outside the project (config key `plugins`).
 */
export { z } from "zod";
export type { Batch, LogsBatch, MetricsBatch, Signal, TracesBatch } from "../model/batch.ts";
export { type ClientTls, clientTls, duration, type HostPort, hostPort, type Secret, secret } from "./settings.ts";
export { ACCEPTED, Refused, Rejected, type Running, type Sink } from "./sink.ts";

export type ComponentKind = "receiver" | "stage" | "exporter" | "extension";

/** pino's shape, the part that components use: fields first, then the sentence. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a component is given when it is opened. */
export interface ComponentContext {
  /** `type[/name]` as the config has it. */
  readonly id: string;
  readonly log: Log;
  readonly meter: Meter;
  readonly ledger: LossLedger;
  /** Tells banner and ready line what really listens; `protocol` "" where the component has only one. Address `host:port` as bound. */
  listening(protocol: string, address: string): void;
  /** An opened extension by its id, e.g. the authenticator that `auth: {authenticator: bearertokenauth}` names. Undefined where there is none. */
  extension(id: string): OpenExtension | undefined;
  /** Where people's data go (`debug`): stdout of the process, or what a test gives. Resolves when the writer wants more. */
  stdout(text: string | Uint8Array): Promise<void>;
  /** Aborted when the time for an orderly end is over: what is still held then is counted as `shutdown`. Undefined: take all the time you need. */
  readonly outOfTime?: AbortSignal;
  /** Of a connector: ids of the receivers, connectors and processors that items come through on their way to it. */
  readonly upstream?: ReadonlySet<string>;
  /** True where the end that comes now is one of this configuration, and another one is opened after it. */
  isReloading?(): boolean;
}

/** Where a receiver pushes: the fan-out over all pipelines that name it. */
export interface Outlet extends Sink {
  /** Signals for which a pipeline exists. */
  readonly signals: ReadonlySet<Signal>;
}

/** An extension may also judge requests (servers) or sign them (clients). */
export interface OpenExtension extends Running {
  /** Undefined = let it pass; else why not (401, UNAUTHENTICATED), with the `WWW-Authenticate` challenge. */
  authenticate?(headers: IncomingHttpHeaders): { readonly message: string; readonly challenge?: string } | undefined;
  /** Headers to add to an outgoing request. */
  sign?(): Readonly<Record<string, string>>;
  /** Told when everything is open, and again when closing begins. */
  ready?(isReady: boolean): void;
}

interface Definition<Config> {
  /** The word in YAML, lower_snake_case. */
  readonly type: string;
  /** Other words that mean the same (otelcol's old names). */
  readonly aliases?: readonly string[];
  /** One sentence; becomes docs and help. */
  readonly about: string;
  /** Keys as in YAML; `null` in the config means `{}`. Unknown keys are errors: use `z.strictObject`. */
  readonly config: zod.ZodType<Config>;
}

export interface ReceiverDefinition<Config = unknown> extends Definition<Config> {
  readonly kind: "receiver";
  readonly signals: readonly Signal[];
  open(config: Config, out: Outlet, context: ComponentContext): Promise<Running>;
}

/** A processor (same signal in and out) or a connector (`produces` given: it ends one pipeline and begins others). */
export interface StageDefinition<Config = unknown> extends Definition<Config> {
  readonly kind: "stage";
  readonly signals: readonly Signal[];
  readonly produces?: readonly Signal[];
  open(config: Config, next: Outlet, context: ComponentContext): Promise<Sink & Running>;
}

export interface ExporterDefinition<Config = unknown> extends Definition<Config> {
  readonly kind: "exporter";
  readonly signals: readonly Signal[];
  /**
   * Set: the graph puts `sending_queue`, `retry_on_failure` (keys of the config, see settings.ts) round it, and push is called by queue consumers:
   * it rejects with `Refused` for what may be retried and with `Rejected` for what may not. Not set: push is called straight from the pipeline.
   */
  readonly queued?: boolean;
  /**
   * Set: push resolves when the exporter has taken a batch into a queue of its own, and the exporter counts in `context.ledger` (see
   * `ownAccount` in delivery.ts) what of it was delivered or lost later. Only what push rejects is counted for it.
   */
  readonly countsItself?: boolean;
  open(config: Config, context: ComponentContext): Promise<Sink & Running>;
}

export interface ExtensionDefinition<Config = unknown> extends Definition<Config> {
  readonly kind: "extension";
  open(config: Config, context: ComponentContext): Promise<OpenExtension>;
}

export type ComponentDefinition = ReceiverDefinition | StageDefinition | ExporterDefinition | ExtensionDefinition;

export function receiver<Config>(definition: Omit<ReceiverDefinition<Config>, "kind">): ReceiverDefinition<Config> {
  return { kind: "receiver", ...definition };
}
export function stage<Config>(definition: Omit<StageDefinition<Config>, "kind">): StageDefinition<Config> {
  return { kind: "stage", ...definition };
}
export function exporter<Config>(definition: Omit<ExporterDefinition<Config>, "kind">): ExporterDefinition<Config> {
  return { kind: "exporter", ...definition };
}
export function extension<Config>(definition: Omit<ExtensionDefinition<Config>, "kind">): ExtensionDefinition<Config> {
  return { kind: "extension", ...definition };
}
