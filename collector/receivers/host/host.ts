import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Batch } from "../../model/batch.ts";
import { LoadError } from "../../model/errors.ts";
import { unixNanoFromMs } from "../../model/time.ts";
import { REAL_PACE } from "../../pipeline/backoff.ts";
import { type ComponentContext, type Outlet, type Running, receiver } from "../../pipeline/define.ts";
import { SpanIds } from "../../wire/witness/span-ids.ts";
import { type WitnessIdentity, witnessBatches } from "../../wire/witness/witness-batches.ts";
import { EndClock, Pusher } from "../push-until-taken.ts";
import { type HostConfig, hostConfig } from "./host-config.ts";
import { HostSampler } from "./host-sampler.ts";
import { ProcFiles } from "./proc-files.ts";

/** Samples the machine it runs on: what clients and servers cannot tell of themselves. */
export const host = receiver({
  type: "host",
  about: "Samples this machine (Linux): processors, memory, disks, network, sockets and accept queues, and the processes that are named.",
  signals: ["metrics", "logs"],
  config: hostConfig,
  open: async (config, out, context) => openHost(config, out, context),
});

const LIMITS = [
  "How long an accept queue may become is not in procfs: its limit is the least of the server's backlog and `pitwall.host.tcp.somaxconn`.",
  "Counters of the kernel are of the whole machine, or container: whose connection was dropped is not in them.",
  "With more than 20 000 sockets they are not counted by state and port.",
];
/** Moments that wait for a pipeline that refuses; a minute or more. */
const MAX_WAITING = 64;
/** As long as the end may take, ms. */
const END_MS = 2000;

/** Throws: E_FILE where there is no procfs of Linux. */
export async function openHost(config: HostConfig, out: Outlet, context: ComponentContext, proc: ProcFiles = new ProcFiles()): Promise<Running> {
  if (proc.text("stat") === undefined) {
    throw new LoadError("E_FILE", `The receiver ${context.id} reads /proc of Linux, and there is none on this system (${process.platform}).`, {
      hint: "Take the receiver out of the config, or run Pitwall on the Linux machine that is to be watched.",
    });
  }
  const running = new HostReceiver(config, out, context, proc);
  return { [Symbol.asyncDispose]: () => running.close() };
}

class HostReceiver {
  readonly #config: HostConfig;
  readonly #out: Outlet;
  readonly #context: ComponentContext;
  readonly #sampler: HostSampler;
  readonly #pusher: Pusher;
  readonly #identity: WitnessIdentity;
  readonly #ids = new SpanIds(randomUUID());
  readonly #clock = new EndClock(END_MS);
  #ended: Promise<void> | undefined;
  readonly #waiting: Batch[] = [];
  #pushing: Promise<void> | undefined;
  #hasFailed = false;
  readonly #finished: Promise<void>;

  constructor(config: HostConfig, out: Outlet, context: ComponentContext, proc: ProcFiles) {
    this.#config = config;
    this.#out = out;
    this.#context = context;
    this.#sampler = new HostSampler(config, proc);
    this.#pusher = new Pusher(out, context, "procfs", this.#clock);
    this.#identity = {
      hop: "host",
      name: "host",
      format: "procfs",
      instance: config.instance ?? hostname(),
      runId: config.run_id ?? "",
      durationMeans: "",
      correction: "unknown",
      survivorsOnly: "unknown",
      limits: LIMITS,
    };
    this.#finished = this.#run();
  }

  close(): Promise<void> {
    this.#ended ??= this.#clock.end(this.#finished, this.#context.outOfTime);
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { closing } = this.#clock;
    for (let dueMs = performance.now(); !closing.aborted; ) {
      await this.#sample();
      // Moments that a busy machine missed are not made up for.
      dueMs = Math.max(dueMs + this.#config.interval, performance.now());
      await REAL_PACE.sleep(Math.max(0, dueMs - performance.now()), closing);
    }
    await this.#sample();
    await this.#pushing;
  }

  async #sample(): Promise<void> {
    try {
      const nowMs = Date.now();
      const items = await this.#sampler.sample(nowMs);
      const batches = witnessBatches(this.#identity, items, { readUnixNano: unixNanoFromMs(nowMs), ids: this.#ids });
      this.#waiting.push(...batches.filter(({ signal }) => this.#out.signals.has(signal)));
    } catch (error) {
      if (!this.#hasFailed) this.#context.log.error({ code: "E_INTERNAL", err: error }, "this machine could not be sampled; it is tried again");
      this.#hasFailed = true;
    }
    while (this.#waiting.length > MAX_WAITING) this.#pusher.drop(this.#waiting.shift() as Batch, "queue_full");
    this.#pushing ??= this.#pushAll().finally(() => {
      this.#pushing = undefined;
    });
  }

  /** One after the other, while the next moments are sampled. */
  async #pushAll(): Promise<void> {
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) await this.#pusher.push(batch);
  }
}
