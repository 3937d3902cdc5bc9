import type { Batch, ComponentContext, Signal } from "../../pipeline/define.ts";
import type { Counter, Histogram } from "../../pipeline/meter.ts";

export type Trigger = "size" | "timeout";

/** Items; the bounds of otelcol's batchprocessor. */
const SIZE_BOUNDS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000, 30_000, 50_000, 100_000,
];

export class BatchMeters {
  readonly #size: Histogram;
  readonly #triggers: Readonly<Record<Trigger, Counter>>;

  constructor({ id, meter }: ComponentContext, signal: Signal) {
    const labels = { processor: id, otel_signal: signal };
    const trigger = (name: string, help: string): Counter => meter.counter(`otelcol_processor_batch_${name}_trigger_send`, help, labels);
    this.#size = meter.histogram("otelcol_processor_batch_batch_send_size", "Items in the batches that were sent.", labels, SIZE_BOUNDS);
    this.#triggers = {
      size: trigger("batch_size", "Batches sent because they were large enough."),
      timeout: trigger("timeout", "Batches sent because they were old enough."),
    };
  }

  sent(batch: Batch, trigger: Trigger): void {
    this.#size.observe(batch.count);
    this.#triggers[trigger].add(1);
  }
}
