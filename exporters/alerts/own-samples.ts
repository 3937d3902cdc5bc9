import { hostname } from "node:os";
import type { RuleSamples } from "../../collector/alerts/evaluate-group.ts";
import type { LossLedger } from "../../collector/pipeline/loss-ledger.ts";
import type { Labels, Meter } from "../../collector/pipeline/meter.ts";
import { LabelSet, METRIC_NAME } from "../../collector/promql/label-set.ts";
import type { SampleNeeds } from "../../collector/promql/selector-needs.ts";

interface OwnSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly isCounter: boolean;
}

/**
 * The collector's own counters and gauges for the rules, under the names of its metrics page: nobody sends them here. They are read before
 * each evaluation. A counter that is new since the last time was 0 then.
 */
export class OwnSamples {
  readonly #needs: SampleNeeds;
  readonly #meter: Meter;
  readonly #ledger: LossLedger;
  readonly #seen = new Set<string>();
  readonly #process = { job: "pitwall", instance: hostname() };
  #lastMs: number | undefined;

  constructor(needs: SampleNeeds, meter: Meter, ledger: LossLedger) {
    this.#needs = needs;
    this.#meter = meter;
    this.#ledger = ledger;
  }

  writeTo(samples: RuleSamples, nowMs: number): void {
    for (const { name, labels, value, isCounter } of this.#read()) {
      if (!this.#needs.mentions(name)) continue;
      const set = LabelSet.from({ ...this.#process, ...labels, [METRIC_NAME]: name });
      if (!this.#seen.has(set.key)) {
        this.#seen.add(set.key);
        if (isCounter && this.#lastMs !== undefined) samples.write(set, this.#lastMs, 0);
      }
      samples.write(set, nowMs, value);
    }
    this.#lastMs = nowMs;
  }

  *#read(): Generator<OwnSample> {
    for (const { component, reason, signal, items } of this.#ledger.droppedRows()) {
      yield { name: "pitwall_dropped_items_total", labels: { component, reason, signal }, value: items, isCounter: true };
    }
    for (const { signal, received, copied, exported, dropped, inFlight } of this.#ledger.balances()) {
      for (const [state, value] of Object.entries({ received, copied, exported, dropped, in_flight: Math.max(0, inFlight) })) {
        yield { name: "pitwall_ledger_items", labels: { signal, state }, value, isCounter: false };
      }
    }
    for (const { name, kind, series } of this.#meter.snapshot()) {
      if (kind === "histogram") continue;
      const isCounter = kind === "counter";
      const exposed = isCounter && !name.endsWith("_total") ? `${name}_total` : name;
      for (const { labels, value } of series) yield { name: exposed, labels, value, isCounter };
    }
  }
}
