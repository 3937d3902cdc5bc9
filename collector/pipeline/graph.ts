import type { Batch, Signal } from "../model/batch.ts";
import { accountExit, accountIntake, accountStage, type Books } from "./accounting.ts";
import type { CollectorConfig, Configured, PipelineConfig } from "./collector-config.ts";
import { componentContext, type Surroundings } from "./context.ts";
import type { ComponentContext, OpenExtension, Outlet, StageDefinition } from "./define.ts";
import { deliverySettings, directDelivery, queuedDelivery } from "./delivery.ts";
import { fanout } from "./fanout.ts";
import { openFault } from "./open-fault.ts";
import { outlet } from "./outlet.ts";
import { RunningSet } from "./running-set.ts";
import { SHUTDOWN_TIMEOUT_MS, ShutdownClock } from "./shutdown.ts";
import { isRefused, Refused, type Running, type Sink } from "./sink.ts";
import { watch } from "./watch.ts";

export type { Surroundings } from "./context.ts";

/** An open collector. Disposing closes it in order: receivers, stages (each drains downstream), queues, exporters, extensions. */
export interface Collector extends Running {
  /** False until everything is open, and again when closing begins. */
  readonly isReady: boolean;
}

export interface CollectorOptions {
  /** Bounds the whole of the shutdown. Default 10 s. */
  readonly shutdownTimeoutMs?: number;
}

/**
 * Opens what the config's pipelines name: extensions, exporters, connectors and processors from the far end up, receivers last.
 * Throws: LoadError naming the component that could not be opened; what was open by then is closed again.
 */
export async function openCollector(config: CollectorConfig, surroundings: Surroundings, options: CollectorOptions = {}): Promise<Collector> {
  const graph = new Graph(config, surroundings, options.shutdownTimeoutMs ?? SHUTDOWN_TIMEOUT_MS);
  try {
    await graph.open();
  } catch (error) {
    await graph[Symbol.asyncDispose]();
    throw error;
  }
  return graph;
}

class Graph implements Collector {
  readonly #config: CollectorConfig;
  readonly #surroundings: Surroundings;
  readonly #clock: ShutdownClock;
  readonly #stack = new AsyncDisposableStack();
  readonly #extensions = new Map<string, OpenExtension>();
  /** By exporter id, then signal. */
  readonly #exits = new Map<string, Map<Signal, Sink>>();
  /** By connector id. */
  readonly #connectors = new Map<string, Sink>();
  /** By pipeline id: where its first item goes in. */
  readonly #heads = new Map<string, Sink>();
  #isReady = false;
  #isClosed = false;
  #closed: Promise<void> | undefined;

  constructor(config: CollectorConfig, surroundings: Surroundings, shutdownTimeoutMs: number) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#clock = new ShutdownClock(shutdownTimeoutMs);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  async open(): Promise<void> {
    await this.#openExtensions();
    await this.#openExporters();
    for (const pipeline of this.#config.service.pipelines) await this.#head(pipeline);
    await this.#openReceivers();
    this.#tellReady(true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#tellReady(false);
    this.#clock.begin();
    await this.#stack.disposeAsync();
    this.#clock.end();
  }

  #tellReady(isReady: boolean): void {
    this.#isReady = isReady;
    for (const extension of this.#extensions.values()) extension.ready?.(isReady);
  }

  async #openExtensions(): Promise<void> {
    const running = this.#runningSet();
    for (const id of this.#config.service.extensions) {
      const { definition, config } = known(this.#config.extensions, id);
      const extension = await this.#opened("extension", id, () => definition.open(config, this.#context(id)));
      this.#extensions.set(id, extension);
      running.add(id, extension);
    }
  }

  async #openExporters(): Promise<void> {
    const exporters = this.#runningSet();
    const queues = this.#runningSet();
    for (const [id, { definition, config }] of this.#config.exporters) {
      const signals = new Set(this.#config.service.pipelines.filter((one) => one.exporters.includes(id)).map((one) => one.signal));
      if (signals.size === 0) continue;
      const context = this.#context(id);
      const exporter = await this.#opened("exporter", id, () => definition.open(config, context));
      exporters.add(id, exporter);
      const exits = new Map<Signal, Sink>();
      for (const signal of signals) {
        const parts = { ...context, signal, exporter, shutdown: this.#clock, countsItself: definition.countsItself === true };
        const delivery = definition.queued === true ? queuedDelivery(parts, deliverySettings(config)) : directDelivery(parts);
        queues.add(id, delivery);
        exits.set(signal, delivery);
      }
      this.#exits.set(id, exits);
    }
  }

  async #openReceivers(): Promise<void> {
    // Closed after the receivers: what still pushes then is no receiver's request any more.
    this.#stack.defer(() => {
      this.#isClosed = true;
    });
    const running = this.#runningSet();
    for (const [id, { definition, config }] of this.#config.receivers) {
      const context = this.#context(id);
      const ways = await this.#pipelinesOf(id, context);
      if (ways.signals.size === 0) continue;
      const push = (batch: Batch): Promise<void> => (this.#isClosed ? Promise.reject(shuttingDown()) : ways.push(batch));
      running.add(id, await this.#opened("receiver", id, () => definition.open(config, { signals: ways.signals, push }, context)));
    }
  }

  /** The fan-out over all pipelines that name this receiver or connector. */
  async #pipelinesOf(id: string, books: Books): Promise<Outlet> {
    const bySignal = new Map<Signal, Sink[]>();
    for (const pipeline of this.#config.service.pipelines) {
      if (!pipeline.receivers.includes(id)) continue;
      const heads = bySignal.get(pipeline.signal) ?? [];
      heads.push(await this.#head(pipeline));
      bySignal.set(pipeline.signal, heads);
    }
    const { ledger } = this.#surroundings;
    const ways = outlet(new Map([...bySignal].map(([signal, heads]) => [signal, fanout(heads, ledger)])));
    return { signals: ways.signals, push: accountIntake(ways, books).push };
  }

  /** Opens the pipeline from its end up. */
  async #head(pipeline: PipelineConfig): Promise<Sink> {
    const open = this.#heads.get(pipeline.id);
    if (open !== undefined) return open;
    const exits: Sink[] = [];
    for (const id of pipeline.exporters) exits.push(this.#exits.get(id)?.get(pipeline.signal) ?? (await this.#connector(id)));
    let head = fanout(exits, this.#surroundings.ledger);
    for (const id of pipeline.processors.toReversed()) head = await this.#openProcessor(id, pipeline.signal, head);
    this.#heads.set(pipeline.id, head);
    return head;
  }

  async #openProcessor(id: string, signal: Signal, next: Sink): Promise<Sink> {
    const context = this.#context(id);
    const labels = { processor: id, otel_signal: signal };
    const { meter } = this.#surroundings;
    const incoming = meter.counter("otelcol_processor_incoming_items", "Items that the processor took in.", labels);
    const outgoing = meter.counter("otelcol_processor_outgoing_items", "Items that the processor passed on.", labels);
    const counted = watch(
      next,
      (batch) => outgoing.add(batch.count),
      (batch, error) => {
        if (!isRefused(error)) outgoing.add(batch.count);
        return error instanceof Error ? error : new Error(String(error));
      },
    );
    const stage = await this.#openStage("processor", id, known(this.#config.processors, id), outlet(new Map([[signal, counted]])), context);
    this.#runningSet().add(id, stage);
    return accountStage(stage, context, (batch) => incoming.add(batch.count));
  }

  /** One instance for all pipelines that end in it; for the ledger items end here and others begin. */
  async #connector(id: string): Promise<Sink> {
    const open = this.#connectors.get(id);
    if (open !== undefined) return open;
    const context = { ...this.#context(id), upstream: upstreamOf(id, this.#config.service.pipelines) };
    const next = await this.#pipelinesOf(id, context);
    const stage = await this.#openStage("connector", id, known(this.#config.connectors, id), next, context);
    this.#runningSet().add(id, stage);
    const entry = accountExit(stage, context);
    this.#connectors.set(id, entry);
    return entry;
  }

  #openStage(kind: string, id: string, { definition, config }: Configured<StageDefinition>, next: Outlet, context: ComponentContext) {
    return this.#opened(kind, id, () => definition.open(config, next, context));
  }

  async #opened<T>(kind: string, id: string, open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (error) {
      throw openFault(kind, id, error);
    }
  }

  /** A set that the stack closes together, in the reverse order of these calls. */
  #runningSet(): RunningSet {
    return this.#stack.use(new RunningSet(this.#surroundings.log, this.#clock.outOfTime));
  }

  #context(id: string): ComponentContext {
    return componentContext(id, this.#surroundings, this.#extensions, this.#clock.outOfTime);
  }
}

/** All that stands before a connector: an id may stand elsewhere too. */
function upstreamOf(connector: string, pipelines: readonly PipelineConfig[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const { exporters, processors, receivers } of pipelines) {
      if (!exporters.includes(id)) continue;
      for (const one of processors) found.add(one);
      for (const one of receivers) {
        if (found.has(one)) continue;
        found.add(one);
        visit(one);
      }
    }
  };
  visit(connector);
  return found;
}

function shuttingDown(): Refused {
  return new Refused("the collector is shutting down", { retryAfterMs: 1000, overload: false });
}

function known<T>(components: ReadonlyMap<string, T>, id: string): T {
  const found = components.get(id);
  if (found === undefined) throw new RangeError(`the config names ${id} but does not hold it`);
  return found;
}
