import { METRICS } from "../../model/catalog.ts";
import { RUN_METRICS, SPAN_METRICS } from "../../model/catalog-run.ts";
import type { ExponentialHistogramPoint, HistogramPoint, Metric } from "../../model/metric.ts";
import { rescaledHistogram } from "../../stats/rescaled-histogram.ts";
import { isBlindToSeconds, isOverflow } from "../../wire/generators/otlp-generators.ts";
import { ArtilleryExport, isArtilleryScope } from "./artillery-export.ts";
import { K6_REQUESTS, K6Export, k6RequestMetric } from "./k6-export.ts";
import type { HistogramGain, MetricGains } from "./metric-gains.ts";
import { originOf, secondOf } from "./point-origin.ts";
import { addLatency, type Counted, countRequests, type RecorderParts } from "./recorder-parts.ts";
import { msPerUnit, REQUEST_METRICS, type RequestMetric } from "./request-metrics.ts";
import type { Sender } from "./senders.ts";
import { feedOf, recordSeries } from "./series-recorder.ts";

/** A run says these of itself; they are in its record already. Those of the spanmetrics connector repeat what its spans say. */
const NOT_RECORDED = new Set<string>([...Object.values(RUN_METRICS), ...Object.values(SPAN_METRICS)].map(({ name }) => name));
const SPAN_METRICS_SCOPE = "spanmetricsconnector";
const K6_SCOPE = "k6";
/** Senders by which of two names they are counted. */
const MAX_CHOSEN = 4000;

/** What metrics of one batch are put together again before they are counted. */
interface Exports {
  readonly k6: Map<Sender, K6Export>;
  readonly artillery: Map<Sender, ArtilleryExport>;
}

/** Reads metrics: those that count requests become cells, all others series. An increase is put into the second of its point. */
export class MetricRecorder {
  readonly #parts: RecorderParts;
  readonly #gains: MetricGains;
  /** Which of two names for the same requests a sender is counted by. */
  readonly #chosen = new Set<string>();
  #exports: Exports = { k6: new Map(), artillery: new Map() };

  constructor(parts: RecorderParts, gains: MetricGains) {
    this.#parts = parts;
    this.#gains = gains;
  }

  record(sender: Sender, metric: Metric): void {
    const { name, scope } = metric;
    if (NOT_RECORDED.has(name) || scope.name === SPAN_METRICS_SCOPE) return;
    const k6Metric = scope.name === K6_SCOPE || sender.service === "k6" ? k6RequestMetric(name) : undefined;
    if (k6Metric !== undefined) this.#recordK6(sender, metric, k6Metric);
    else if (isArtilleryScope(scope.name)) this.#recordArtillery(sender, metric);
    else {
      const request = REQUEST_METRICS.get(name);
      if (request === undefined || !isHistogram(metric)) recordSeries(this.#parts, this.#gains, sender, metric);
      else if (this.#isChosen(sender, name, request)) this.#recordRequests(sender, metric, request);
    }
  }

  #isChosen(sender: Sender, name: string, { sameAs }: RequestMetric): boolean {
    if (sameAs === undefined) return true;
    if (this.#chosen.has(`${sender.key}\n${sameAs}`)) return false;
    // Of senders beyond those that are remembered the name of today counts.
    if (this.#chosen.size >= MAX_CHOSEN) return this.#chosen.has(`${sender.key}\n${name}`) || name === METRICS.httpServerRequestDuration.name;
    this.#chosen.add(`${sender.key}\n${name}`);
    return true;
  }

  /** At the end of a batch: counts what its metrics say only together. */
  endBatch(): void {
    const { k6, artillery } = this.#exports;
    if (k6.size === 0 && artillery.size === 0) return;
    this.#exports = { k6: new Map(), artillery: new Map() };
    for (const one of k6.values()) one.record();
    for (const one of artillery.values()) one.record();
  }

  #recordK6(sender: Sender, { scope, name, data }: Metric, ownName: string): void {
    let found = this.#exports.k6.get(sender);
    if (found === undefined) {
      found = new K6Export(this.#parts, sender);
      this.#exports.k6.set(sender, found);
    }
    if (data.type !== "sum" && data.type !== "histogram" && data.type !== "exponential_histogram") return;
    for (const point of data.points) {
      const origin = originOf(this.#parts, sender, scope.name, name, point.attributes, data.temporality);
      const second = secondOf(this.#parts, point, sender);
      if (isOverflow(point.attributes)) this.#noteOverflow(sender);
      if ("number" in point) {
        const gain = ownName === K6_REQUESTS ? this.#gains.ofNumber(origin, point) : undefined;
        if (gain !== undefined && gain > 0) found.addRequests(point.attributes, second, gain);
        continue;
      }
      const gain = this.#gains.ofHistogram(origin, point);
      if (gain !== undefined && gain.count > 0) found.addTrend(ownName, point.attributes, second, gain);
    }
  }

  #recordArtillery(sender: Sender, metric: Metric): void {
    let found = this.#exports.artillery.get(sender);
    if (found === undefined) {
      found = new ArtilleryExport(this.#parts, this.#gains, sender);
      this.#exports.artillery.set(sender, found);
    }
    found.add(metric);
  }

  #recordRequests(sender: Sender, metric: Metric, request: RequestMetric): void {
    const { data, scope, name, unit } = metric;
    if (data.type !== "histogram" && data.type !== "exponential_histogram") return;
    const factor = msPerUnit(unit, request.unit);
    let isBlind = false;
    for (const point of data.points) {
      if (isOverflow(point.attributes)) this.#noteOverflow(sender);
      const gain = this.#gains.ofHistogram(originOf(this.#parts, sender, scope.name, name, point.attributes, data.temporality), point);
      if (gain === undefined || gain.count === 0) continue;
      const isBlindPoint = "explicitBounds" in point && isBlindToSeconds(unit, point.explicitBounds);
      isBlind ||= isBlindPoint;
      this.#countRequests(sender, request, point, isBlindPoint ? { ...gain, histogram: undefined } : gain, factor);
      if (isBlindPoint) recordBlind(this.#parts, sender, metric, point, gain);
    }
    if (isBlind) this.#noteBlind(sender, name);
  }

  #countRequests(
    sender: Sender,
    request: RequestMetric,
    point: HistogramPoint | ExponentialHistogramPoint,
    gain: HistogramGain,
    factor: number,
  ): void {
    const hop = request.hop === "server" ? sender.serverHop : request.hop;
    const { method, name, source } = request.endpoint(point.attributes);
    const witness = sender.witness(hop, request.facts);
    witness.heard(this.#parts.arrivedMs(), secondOf(this.#parts, point, sender) * 1000);
    const counted: Counted = {
      second: secondOf(this.#parts, point, sender),
      source: sender.cells(hop, "metrics"),
      instance: sender.instance,
      scenario: "",
      endpoint: this.#parts.endpoints.of(method, name, source),
      fate: request.fate(point.attributes),
      witness,
    };
    const cell = countRequests(this.#parts, counted, gain.count);
    if (cell === undefined || gain.histogram === undefined) return;
    addLatency(this.#parts, counted, cell, factor === 1 ? gain.histogram : rescaledHistogram(gain.histogram, factor));
  }

  #noteOverflow(sender: Sender): void {
    this.#parts.writer.note(
      "metric_overflow",
      sender.service,
      "its SDK folded what went beyond its limit of attribute sets (otel.metric.overflow): endpoints cannot be told apart there; name the URLs in the script",
    );
  }

  #noteBlind(sender: Sender, metric: string): void {
    this.#parts.writer.note(
      "blind_histogram",
      sender.service,
      `${metric} is in seconds and its buckets are made for milliseconds: all below 5 s is one bucket, so only count and sum are used`,
    );
  }
}

function isHistogram({ data }: Metric): boolean {
  return data.type === "histogram" || data.type === "exponential_histogram";
}

/** Count and sum of a histogram whose buckets tell nothing. */
function recordBlind(
  parts: RecorderParts,
  sender: Sender,
  metric: Metric,
  point: HistogramPoint | ExponentialHistogramPoint,
  gain: HistogramGain,
): void {
  const feed = feedOf(parts, sender, metric, point.attributes, "histogram");
  if (feed !== undefined && gain.sum !== undefined) parts.gauges.measure(feed, secondOf(parts, point, sender), { n: gain.count, sum: gain.sum });
}
