import { ITEM_WORDS } from "../../model/batch.ts";
import {
  type Batch,
  type ComponentContext,
  type Outlet,
  Refused,
  type Running,
  type Sink,
  type StageDefinition,
  stage,
  z,
} from "../../pipeline/define.ts";
import { duration } from "../../pipeline/settings.ts";
import { PROCESS_MEMORY, type ProcessMemory } from "./process-memory.ts";

const MIB_BYTES = 1024 * 1024;
/** otelcol's default for `spike_limit_mib`: 20 % of the limit. */
const SPIKE_RATIO = 0.2;
/** The least time that a refused sender is asked to wait, ms: without it RESOURCE_EXHAUSTED is a drop for OTLP clients (L-07). */
const RETRY_AFTER_LEAST_MS = 1000;

const config = z
  .strictObject({
    check_interval: duration(),
    limit_mib: z.int().min(0).default(0),
    spike_limit_mib: z.int().min(0).default(0),
    limit_percentage: z.int().min(0).max(100).default(0),
    spike_limit_percentage: z.int().min(0).max(100).default(0),
    min_gc_interval_when_soft_limited: duration().default(10_000),
    min_gc_interval_when_hard_limited: duration().default(0),
  })
  .superRefine((value, check) => {
    const issue = (key: string, message: string) => check.addIssue({ code: "custom", path: [key], message });
    if (value.check_interval <= 0) issue("check_interval", "must be longer than 0; 1s is a good choice");
    if (value.limit_mib === 0 && value.limit_percentage === 0) issue("limit_mib", "set limit_mib or limit_percentage");
    if (value.limit_mib > 0 && value.spike_limit_mib >= value.limit_mib) issue("spike_limit_mib", "must be smaller than limit_mib");
    if (value.limit_mib === 0 && value.limit_percentage > 0 && value.spike_limit_percentage >= value.limit_percentage) {
      issue("spike_limit_percentage", "must be smaller than limit_percentage");
    }
  });
type MemoryLimiterConfig = z.output<typeof config>;

export interface Limits {
  readonly softBytes: number;
  readonly hardBytes: number;
}

/** `limit_mib` wins over `limit_percentage`, as in otelcol; the soft limit is the hard one less the spike. */
export function limitsOf(settings: MemoryLimiterConfig, totalBytes: number): Limits {
  const isFixed = settings.limit_mib > 0;
  const hardBytes = isFixed ? settings.limit_mib * MIB_BYTES : (totalBytes * settings.limit_percentage) / 100;
  const spikeBytes = isFixed ? settings.spike_limit_mib * MIB_BYTES : (totalBytes * settings.spike_limit_percentage) / 100;
  return { hardBytes, softBytes: hardBytes - (spikeBytes || hardBytes * SPIKE_RATIO) };
}

/** The processor over a memory that a test may give. */
export function memoryLimiterOver(memory: ProcessMemory): StageDefinition<MemoryLimiterConfig> {
  return stage({
    type: "memory_limiter",
    about: "Refuses what comes in while the process holds too much memory, and tells senders when to try again.",
    signals: ["traces", "metrics", "logs"],
    config,
    open: async (settings, next, context) => new MemoryLimiter(settings, memory, next, context),
  });
}

export const memoryLimiter = memoryLimiterOver(PROCESS_MEMORY);

/**
 * Looks at the resident set every `check_interval` (garbage included: a limit is one only if the operating system agrees).
 * Above the soft limit every push is refused, as our overload, until memory has fallen below it; above the hard limit, and at times above the soft one,
 * a garbage collection is forced where node runs with --expose-gc.
 */
class MemoryLimiter implements Sink, Running {
  readonly #settings: MemoryLimiterConfig;
  readonly #memory: ProcessMemory;
  readonly #next: Outlet;
  readonly #context: ComponentContext;
  readonly #limits: Limits;
  readonly #timer: NodeJS.Timeout;
  #isOverSoft = false;
  #lastGcMs = Number.NEGATIVE_INFINITY;

  constructor(settings: MemoryLimiterConfig, memory: ProcessMemory, next: Outlet, context: ComponentContext) {
    this.#settings = settings;
    this.#memory = memory;
    this.#next = next;
    this.#context = context;
    this.#limits = limitsOf(settings, memory.totalBytes());
    this.#check();
    this.#timer = setInterval(() => this.#check(), settings.check_interval);
    this.#timer.unref();
  }

  push(batch: Batch): Promise<void> {
    if (!this.#isOverSoft) {
      this.#count("accepted", "Items that the memory limiter let pass.", batch);
      return this.#next.push(batch);
    }
    this.#count("refused", "Items that the memory limiter refused.", batch);
    const retryAfterMs = Math.max(RETRY_AFTER_LEAST_MS, this.#settings.check_interval);
    return Promise.reject(new Refused("data refused due to high memory usage", { retryAfterMs, overload: true }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
  }

  #count(what: "accepted" | "refused", help: string, batch: Batch): void {
    const name = `otelcol_processor_${what}_${ITEM_WORDS[batch.signal]}`;
    this.#context.meter.counter(name, help, { processor: this.#context.id }).add(batch.count);
  }

  #check(): void {
    const { softBytes, hardBytes } = this.#limits;
    let usedBytes = this.#memory.usedBytes();
    if (usedBytes > softBytes) {
      const { min_gc_interval_when_soft_limited, min_gc_interval_when_hard_limited } = this.#settings;
      const pauseMs = usedBytes > hardBytes ? min_gc_interval_when_hard_limited : min_gc_interval_when_soft_limited;
      if (this.#memory.nowMs() - this.#lastGcMs >= pauseMs && this.#memory.collectGarbage()) {
        this.#lastGcMs = this.#memory.nowMs();
        this.#context.meter
          .counter("pitwall_memory_limiter_forced_gc", "Garbage collections that the memory limiter forced.", { processor: this.#context.id })
          .add(1);
        usedBytes = this.#memory.usedBytes();
      }
    }
    const isOver = usedBytes > softBytes;
    if (isOver === this.#isOverSoft) return;
    this.#isOverSoft = isOver;
    const fields = { usedMib: Math.round(usedBytes / MIB_BYTES), softLimitMib: Math.round(softBytes / MIB_BYTES) };
    if (isOver) this.#context.log.warn(fields, "memory is above the soft limit: refusing data");
    else this.#context.log.info(fields, "memory is back below the soft limit: taking data again");
  }
}
