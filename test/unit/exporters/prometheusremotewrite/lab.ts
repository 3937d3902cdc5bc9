import type { Metric } from "../../../../collector/model/metric.ts";
import type { Pace } from "../../../../collector/pipeline/backoff.ts";
import type { ComponentContext } from "../../../../collector/pipeline/define.ts";
import { directDelivery } from "../../../../collector/pipeline/delivery.ts";
import { ShutdownClock } from "../../../../collector/pipeline/shutdown.ts";
import { isRejected } from "../../../../collector/pipeline/sink.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { openPrometheusRemoteWrite, type RemoteWrite } from "../../../../exporters/prometheusremotewrite/open-remote-write.ts";
import { prometheusRemoteWrite } from "../../../../exporters/prometheusremotewrite/prometheusremotewrite.ts";
import { type MockReceiver, mockReceiver, type Script } from "../../../remote-write/mock-receiver.ts";
import { context, surroundings, type TestSurroundings } from "../../pipeline/river.ts";
import { EPOCH_MS } from "../prometheus/lab.ts";

export {
  at,
  buckets,
  counter,
  deltaCounter,
  EPOCH_MS,
  gauge,
  histogram,
  metric,
  NO_SCOPE,
  number,
  resource,
  upDownCounter,
} from "../prometheus/lab.ts";

/** A wall clock that stands where the test puts it. */
export interface TestClock {
  ms: number;
  nowMs(): number;
}

export interface Lab extends AsyncDisposable {
  readonly receiver: MockReceiver;
  readonly exporter: RemoteWrite;
  readonly around: TestSurroundings;
  readonly clock: TestClock;
  /** As the graph would push, with the ledger kept; gives the reasons of what was turned down. */
  push(...metrics: readonly Metric[]): Promise<readonly string[]>;
  /** Everything is sent or given up; resolves when the exporter is closed. */
  close(): Promise<void>;
  /** Points by where they went: `{exported: 3, poison: 1}`. */
  ledger(): Readonly<Record<string, number>>;
  logged(level: string): readonly string[];
}

export interface LabOptions {
  readonly script?: Script;
  readonly keys?: object;
  readonly pace?: Pace;
  readonly receiver?: MockReceiver;
  readonly outOfTime?: AbortSignal;
  /** 0..1, for the jitter of waits. */
  readonly random?: number;
}

/** Real time, but a hundred times as fast: waits of seconds take some milliseconds. */
export function fastPace(factor = 100): Pace {
  const startMs = performance.now();
  return {
    nowMs: () => startMs + (performance.now() - startMs) * factor,
    sleep(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, ms / factor);
        signal.addEventListener("abort", done);
      });
    },
  };
}

/** The exporter, opened at the epoch of the other lab, and a receiver of its own; ten seconds later. */
export async function openLab({ script, keys = {}, pace = fastPace(), receiver: given, outOfTime, random = 0.5 }: LabOptions = {}): Promise<Lab> {
  const receiver = given ?? (await mockReceiver(script));
  const around = surroundings();
  const clock: TestClock = { ms: EPOCH_MS, nowMs: () => clock.ms };
  const own: ComponentContext = { ...context("out", around), ...(outOfTime === undefined ? {} : { outOfTime }) };
  const config = prometheusRemoteWrite.config.parse({ endpoint: receiver.url, batch_send_deadline: "5ms", ...keys }) as Parameters<
    typeof openPrometheusRemoteWrite
  >[0];
  const exporter = await openPrometheusRemoteWrite(config, own, { clock, pace, random: () => random });
  clock.ms += 10_000;
  const delivery = directDelivery({ ...own, signal: "metrics", exporter, shutdown: new ShutdownClock(1000), countsItself: true });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      await exporter[Symbol.asyncDispose]();
      if (given === undefined) await receiver[Symbol.asyncDispose]();
    })();
    return closed;
  };
  return {
    receiver,
    exporter,
    around,
    clock,
    async push(...metrics) {
      const batch = batchOf("metrics", metrics);
      try {
        await delivery.push(batch);
      } catch (error) {
        if (!isRejected(error)) throw error;
        around.ledger.received("test", "metrics", batch.count);
        return error.parts?.map(({ reason, items }) => `${items} ${reason}`) ?? [error.message];
      }
      around.ledger.received("test", "metrics", batch.count);
      return [];
    },
    close,
    ledger() {
      const { exported, inFlight } = around.ledger.balance("metrics");
      const dropped = around.ledger.droppedRows().map(({ reason, items }) => [reason, items] as const);
      return Object.fromEntries([["exported", exported] as const, ...dropped, ...(inFlight === 0 ? [] : [["inFlight", inFlight] as const])]);
    },
    logged: (level) => around.log.lines.filter((line) => line.level === level).map(({ message }) => message),
    [Symbol.asyncDispose]: close,
  };
}
