import type { Metric, NumberPoint } from "../../model/metric.ts";
import { type ArtilleryMetric, parseArtilleryMetric } from "../../wire/generators/artillery-metric.ts";
import { normaliseArtilleryPoint } from "../../wire/generators/otlp-generators.ts";
import type { CellFate } from "./cell-table.ts";
import { fateOf } from "./error-type.ts";
import type { MetricGains } from "./metric-gains.ts";
import { originOf, secondOf } from "./point-origin.ts";
import { type Counted, countRequests, type RecorderParts, secondAt } from "./recorder-parts.ts";
import type { Sender } from "./senders.ts";
import { recordSeries } from "./series-recorder.ts";

/** The meter of Artillery's publish-metrics plugin. */
export function isArtilleryScope(scope: string): boolean {
  return scope === "Artillery.io_metrics";
}

interface Ending {
  readonly metric: Extract<ArtilleryMetric, { readonly kind: "code" | "error" }>;
  readonly second: number;
  readonly count: number;
}

/**
 * Artillery counts answers by code and failures by name: of everything together, and of each endpoint where its plugin metrics-by-endpoint is on.
 * Where one export has both, only the endpoints are counted. Its percentiles are gauges of a period of ten seconds, and stay gauges.
 */
export class ArtilleryExport {
  readonly #parts: RecorderParts;
  readonly #gains: MetricGains;
  readonly #sender: Sender;
  readonly #endings: Ending[] = [];

  constructor(parts: RecorderParts, gains: MetricGains, sender: Sender) {
    this.#parts = parts;
    this.#gains = gains;
    this.#sender = sender;
  }

  add(metric: Metric): void {
    const parsed = parseArtilleryMetric(metric.name);
    const { data } = metric;
    if ((parsed.kind === "code" || parsed.kind === "error") && data.type === "sum") {
      for (const point of data.points) this.#addEnding(metric, parsed, point, data.temporality);
      return;
    }
    recordSeries(this.#parts, this.#gains, this.#sender, withoutPeriods(metric));
  }

  record(): void {
    const byEndpoint = this.#endings.filter(({ metric }) => metric.endpoint !== undefined);
    for (const ending of byEndpoint.length > 0 ? byEndpoint : this.#endings) this.#count(ending);
    this.#endings.length = 0;
  }

  #addEnding(metric: Metric, parsed: Ending["metric"], point: NumberPoint, temporality: number): void {
    const { attributes, periodEndMs } = normaliseArtilleryPoint(point.attributes);
    const origin = originOf(this.#parts, this.#sender, metric.scope.name, metric.name, attributes, temporality);
    const gain = this.#gains.ofNumber(origin, point);
    if (gain === undefined || gain <= 0) return;
    const second =
      periodEndMs === undefined || !Number.isFinite(periodEndMs)
        ? secondOf(this.#parts, point, this.#sender)
        : secondAt(this.#parts, periodEndMs, this.#sender.service);
    this.#endings.push({ metric: parsed, second, count: Math.round(gain) });
  }

  #count({ metric, second, count }: Ending): void {
    const endpoint = metric.endpoint?.endpoint ?? { method: "", name: "", source: "none" as const };
    const witness = this.#sender.witness("client", { durationMeans: "start_to_first_byte", correction: "raw", survivorsOnly: "yes" });
    witness.heard(this.#parts.arrivedMs(), second * 1000);
    const counted: Counted = {
      second,
      source: this.#sender.cells("client", "metrics"),
      instance: this.#sender.instance,
      scenario: "",
      endpoint: this.#parts.endpoints.of(endpoint.method, endpoint.name, endpoint.source),
      fate: fateOfEnding(metric),
      witness,
    };
    countRequests(this.#parts, counted, count);
  }
}

function fateOfEnding(metric: Ending["metric"]): CellFate {
  return metric.kind === "code" ? fateOf(metric.status, "", false) : fateOf(undefined, metric.error, true);
}

/** The period's bounds are attributes of every point, so that each period would begin new series. */
function withoutPeriods(metric: Metric): Metric {
  if (metric.data.type !== "gauge" && metric.data.type !== "sum") return metric;
  const points = metric.data.points.map((point) => ({ ...point, attributes: normaliseArtilleryPoint(point.attributes).attributes }));
  return { ...metric, data: { ...metric.data, points } };
}
