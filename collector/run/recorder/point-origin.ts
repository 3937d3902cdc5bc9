import type { Attributes } from "../../model/attributes.ts";
import type { NumberPoint } from "../../model/metric.ts";
import { msFromUnixNano } from "../../model/time.ts";
import { CUMULATIVE, DELTA, type PointOrigin } from "./metric-gains.ts";
import { type RecorderParts, secondAt, type TimedParts } from "./recorder-parts.ts";
import type { Sender } from "./senders.ts";

export function originOf(
  { writer }: Pick<RecorderParts, "writer">,
  sender: Sender,
  scope: string,
  metric: string,
  attributes: Attributes,
  temporality: number,
): PointOrigin {
  return {
    metric: `${sender.key}\n${scope}\n${metric}`,
    attributes: attributes.canonicalKey,
    // Senders that do not say it are cumulative: the default of every SDK.
    temporality: temporality === DELTA ? DELTA : CUMULATIVE,
    isBaseline: () =>
      writer.note(
        "cumulative_baseline",
        sender.service,
        "it counted before this run began: its first points are what the run counts from, and nothing before them is seen",
      ),
  };
}

/**
 * An increase is put where it was told: when in the time since the point before it came about, nobody knows. A point without a time is told when
 * it arrives.
 */
export function secondOf(parts: TimedParts, { timeUnixNano }: Pick<NumberPoint, "timeUnixNano">, sender: Sender): number {
  return secondAt(parts, timeUnixNano === 0n ? parts.arrivedMs() : msFromUnixNano(timeUnixNano), sender.service);
}
