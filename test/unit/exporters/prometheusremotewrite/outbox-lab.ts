import type { Pace } from "../../../../collector/pipeline/backoff.ts";
import { ownAccount } from "../../../../collector/pipeline/delivery.ts";
import type { WriteSeries } from "../../../../collector/wire/remote-write-batch.ts";
import { openEndpoint } from "../../../../exporters/prometheusremotewrite/open-endpoint.ts";
import { openOutbox } from "../../../../exporters/prometheusremotewrite/open-outbox.ts";
import type { Outbox } from "../../../../exporters/prometheusremotewrite/outbox.ts";
import {
  type PrometheusRemoteWriteConfig,
  prometheusRemoteWriteConfig,
} from "../../../../exporters/prometheusremotewrite/prometheusremotewrite-config.ts";
import { WriteMeters } from "../../../../exporters/prometheusremotewrite/write-meters.ts";
import { writeSeries } from "../../../../exporters/prometheusremotewrite/write-series.ts";
import { context, surroundings, type TestSurroundings } from "../../pipeline/river.ts";
import { EPOCH_MS } from "../prometheus/lab.ts";

const METADATA = { family: "test", type: "gauge", help: "", unit: "" } as const;
const NEVER = new AbortController().signal;

export interface OutboxLab {
  readonly outbox: Outbox;
  readonly around: TestSurroundings;
  /** Writes one point of one sample; times are ms after the epoch. Not sent before `flush`, or before a request is full. */
  put(name: string, timeMs: number, value: number): void;
  ledger(): Readonly<Record<string, number>>;
}

export interface OutboxLabOptions {
  readonly url: string;
  readonly keys?: object;
  readonly pace: Pace;
  readonly outOfTime?: AbortSignal;
  readonly around?: TestSurroundings;
}

/** What stands behind the series store, without the store. */
export function openOutboxLab({ url, keys = {}, pace, outOfTime = NEVER, around = surroundings() }: OutboxLabOptions): OutboxLab {
  const config = prometheusRemoteWriteConfig.parse({ endpoint: url, ...keys }) as PrometheusRemoteWriteConfig;
  const own = context("out", around);
  const { endpoint } = openEndpoint(config, "UnderscoreEscapingWithSuffixes", own, { nowMs: () => EPOCH_MS });
  const meters = new WriteMeters(around.meter, "out");
  const account = ownAccount(own, "metrics");
  const outbox = openOutbox(config, { context: own, endpoint, account, meters, pace, random: () => 0.5, outOfTime });
  outbox.begin();
  const known = new Map<string, WriteSeries>();
  return {
    outbox,
    around,
    put(name, timeMs, value) {
      const series = known.get(name) ?? writeSeries(name, [["job", "test"]], METADATA);
      known.set(name, series);
      const buffer = outbox.buffer(name.length);
      const columns = buffer.columns(EPOCH_MS + timeMs, EPOCH_MS);
      columns.addSample(series, EPOCH_MS + timeMs, value, 0);
      columns.endUnit(true, 50);
      around.ledger.received("test", "metrics", 1);
      buffer.ended(columns);
    },
    ledger() {
      const { exported, inFlight } = around.ledger.balance("metrics");
      const dropped = around.ledger.droppedRows().map(({ reason, items }) => [reason, items] as const);
      return Object.fromEntries([["exported", exported] as const, ...dropped, ...(inFlight === 0 ? [] : [["inFlight", inFlight] as const])]);
    },
  };
}
