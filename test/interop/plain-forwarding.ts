import type { WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import { openWriteEncoder } from "../../collector/wire/remote-write-encoder.ts";
import { batchOf, bitsOf } from "../wire/remote-write-arbitraries.ts";

export interface PlainSample {
  /** `__name__` included. */
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

/** What other forwarders do: points as they are, with no zero and no start time. One request of remote write 1.0. */
export async function forwardPlainly(writeUrl: string, samples: readonly PlainSample[]): Promise<void> {
  const known = new Map<string, WriteSeries>();
  const seriesOf = (labels: PlainSample["labels"]): WriteSeries => {
    const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify(sorted);
    const series = known.get(key) ?? { labels: sorted, metadata: { family: labels["__name__"] ?? "", type: "counter", help: "", unit: "" } };
    known.set(key, series);
    return series;
  };
  const batch = batchOf(samples.map(({ labels, timeMs, value }) => ({ series: seriesOf(labels), bits: bitsOf(value), timestampMs: timeMs })));
  const encoder = openWriteEncoder({ protocol: 1, sendMetadata: false, sendExemplars: false, sendStarts: false });
  const response = await fetch(writeUrl, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy", "x-prometheus-remote-write-version": "0.1.0" },
    body: Buffer.from(encoder.encode(batch)),
  });
  if (response.status !== 204) throw new Error(`${response.status} ${await response.text()}`);
}
