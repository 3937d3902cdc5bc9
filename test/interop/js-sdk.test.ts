import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_ITEMS } from "./client-run.ts";
import type { CollectorProcess } from "./collector-process.ts";
import { JS_PROTOCOLS, type JsClient, sendLogs, sendMetrics, sendSpans } from "./js-client.ts";
import { receivedFrom, startRecordingCollector } from "./received.ts";

let collector: CollectorProcess;
beforeAll(async () => {
  collector = await startRecordingCollector();
  return () => collector[Symbol.asyncDispose]();
});

const indexes = Array.from({ length: CLIENT_ITEMS }, (_, index) => index);

describe.each(JS_PROTOCOLS)("the JavaScript SDK over %s", (protocol) => {
  describe.each([false, true])("with gzip %s", (gzip) => {
    const client = (signal: string): JsClient => ({
      protocol,
      gzip,
      serviceName: `js ${protocol} ${gzip} ${signal}`,
      httpEndpoint: collector.endpoint("otlp.http"),
      grpcEndpoint: collector.endpoint("otlp.grpc"),
    });

    test("every span arrives once", async () => {
      const sender = client("traces");
      await sendSpans(sender, CLIENT_ITEMS);
      const { spanNames, resource } = await receivedFrom(collector, sender.serviceName, (received) => received.spanNames.length >= CLIENT_ITEMS);
      expect(spanNames.toSorted()).toEqual(indexes.map((index) => `request ${index}`).toSorted());
      expect(resource).toMatchObject({ "loadtest.run.id": "interop" });
    });

    test("counter, histogram and gauge arrive with their values", async () => {
      const sender = client("metrics");
      await sendMetrics(sender, CLIENT_ITEMS);
      const { points } = await receivedFrom(collector, sender.serviceName, (received) => received.points.length >= 3);
      expect(points.map(({ metric, unit, type, value, count }) => ({ metric, unit, type, value, count }))).toEqual([
        { metric: "client.requests", unit: "{request}", type: "sum", value: CLIENT_ITEMS, count: undefined },
        { metric: "client.duration", unit: "s", type: "histogram", value: undefined, count: CLIENT_ITEMS },
        { metric: "client.memory", unit: "By", type: "gauge", value: 1_048_576, count: undefined },
      ]);
    });

    test("every log record arrives once", async () => {
      const sender = client("logs");
      await sendLogs(sender, CLIENT_ITEMS);
      const { logBodies } = await receivedFrom(collector, sender.serviceName, (received) => received.logBodies.length >= CLIENT_ITEMS);
      expect(logBodies.toSorted()).toEqual(indexes.map((index) => `request ${index} done`).toSorted());
    });
  });
});
