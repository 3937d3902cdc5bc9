import type { Counter, Labels, Meter } from "../../collector/pipeline/meter.ts";
import type { RequestCounts } from "./write-request.ts";

/** What the exporter says about itself; also shown in reports. */
export class WriteMeters implements Disposable {
  readonly #meter: Meter;
  readonly #labels: Labels;
  readonly #sent: Readonly<Record<"samples" | "histograms" | "exemplars", Counter>>;
  readonly #retries: Counter;
  readonly #gauges: (() => void)[] = [];
  readonly #dropped = new Map<string, Counter>();
  #lastSentMs = 0;

  constructor(meter: Meter, id: string) {
    this.#meter = meter;
    this.#labels = { exporter: id };
    const sent = (what: string) =>
      meter.counter(
        `pitwall_remote_write_sent_${what}`,
        `${what[0]?.toUpperCase()}${what.slice(1)} in requests that the receiver took.`,
        this.#labels,
      );
    this.#sent = { samples: sent("samples"), histograms: sent("histograms"), exemplars: sent("exemplars") };
    this.#retries = meter.counter("pitwall_remote_write_retries", "Requests that are sent again.", this.#labels);
    this.gauge("last_sent_timestamp_seconds", "Time of the newest sample that the receiver took; 0 before the first.", () => this.#lastSentMs / 1000);
  }

  /** Read when somebody looks; gone when this is disposed. */
  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#gauges.push(this.#meter.gauge(`pitwall_remote_write_${name}`, help, { ...this.#labels, ...labels }, read));
  }

  sent({ samples, histograms, exemplars }: RequestCounts, lostEntries: number, newestMs: number): void {
    const lostSamples = Math.min(lostEntries, samples);
    this.#sent.samples.add(samples - lostSamples);
    this.#sent.histograms.add(Math.max(0, histograms - (lostEntries - lostSamples)));
    this.#sent.exemplars.add(exemplars);
    this.#lastSentMs = Math.max(this.#lastSentMs, newestMs);
  }

  retried(): void {
    this.#retries.add(1);
  }

  dropped(reason: string, entries: number): void {
    let counter = this.#dropped.get(reason);
    if (counter === undefined) {
      const help = "Samples and native histograms that were lost on the way to the receiver.";
      counter = this.#meter.counter("pitwall_remote_write_dropped_samples", help, { ...this.#labels, reason });
      this.#dropped.set(reason, counter);
    }
    counter.add(entries);
  }

  [Symbol.dispose](): void {
    for (const remove of this.#gauges.splice(0)) remove();
  }
}
