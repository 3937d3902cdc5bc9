import type { Pace } from "../../collector/pipeline/backoff.ts";
import type { ComponentContext } from "../../collector/pipeline/define.ts";
import type { OwnAccount } from "../../collector/pipeline/delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import { openSpill } from "./open-spill.ts";
import { Outbox } from "./outbox.ts";
import type { PrometheusRemoteWriteConfig } from "./prometheusremotewrite-config.ts";
import { Settling } from "./settling.ts";
import type { WriteMeters } from "./write-meters.ts";

/** 1 h: the oldest that Prometheus certainly takes, being half the range of a head block. */
const RISKY_AFTER_MS = 3_600_000;

export interface OutboxSurroundings {
  readonly context: ComponentContext;
  readonly endpoint: Endpoint;
  readonly account: OwnAccount;
  readonly meters: WriteMeters;
  readonly pace: Pace;
  readonly random: () => number;
  readonly outOfTime: AbortSignal;
}

/** The queue that the config asks for. Throws: E_FILE where its directory cannot be used. */
export function openOutbox(config: PrometheusRemoteWriteConfig, around: OutboxSurroundings): Outbox {
  const { context, endpoint, account, meters, pace, random, outOfTime } = around;
  const { log } = context;
  const { queue, retry_on_failure: retry } = config;
  const disk =
    queue.directory === undefined
      ? undefined
      : openSpill({ directory: queue.directory, endpoint: config.endpoint, nowMs: pace.nowMs() }, context, meters);
  return new Outbox({
    lanes: config.lanes,
    limits: { maxSamples: config.max_samples_per_send, maxBytes: config.max_batch_size_bytes, riskyAfterMs: RISKY_AFTER_MS },
    maxMemoryBytes: queue.max_memory_bytes,
    maxDiskBytes: queue.max_disk_bytes,
    disk,
    spillAfterMs: queue.spill_after,
    endpoint,
    settling: new Settling({ endpoint, account, meters, pace, log, salvage: config.salvage }),
    pace,
    random,
    log,
    backoff: {
      initialMs: retry.initial_interval,
      maxMs: retry.max_interval,
      multiplier: retry.multiplier,
      randomization: retry.randomization_factor,
    },
    maxAgeMs: retry.max_elapsed_time,
    isRetrying: retry.enabled,
    outOfTime,
  });
}
