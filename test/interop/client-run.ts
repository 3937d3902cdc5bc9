import { expect } from "vitest";
import type { CollectorProcess } from "./collector-process.ts";
import { receivedFrom } from "./received.ts";

/** What every SDK client of the tests sends: so many spans and logs, a counter, a histogram and a gauge. */
export const CLIENT_ITEMS = 25;

/** Everything that the client sent has arrived, once, with the values that it had. */
export async function expectClientData(collector: CollectorProcess, serviceName: string): Promise<void> {
  const received = await receivedFrom(collector, serviceName, ({ spanNames, logBodies, points }) => {
    return spanNames.length >= CLIENT_ITEMS && logBodies.length >= CLIENT_ITEMS && points.length >= 3;
  });
  const indexes = Array.from({ length: CLIENT_ITEMS }, (_, index) => index);
  expect(received.spanNames.toSorted()).toEqual(indexes.map((index) => `request ${index}`).toSorted());
  expect(received.logBodies.toSorted()).toEqual(indexes.map((index) => `request ${index} done`).toSorted());
  const route = { "http.route": "/works" };
  // SDKs may add metrics about themselves (Java does).
  const own = received.points.filter(({ metric }) => metric.startsWith("client."));
  const points = own.map(({ timeUnixNano: _time, ...point }) => point).toSorted((a, b) => (a.metric < b.metric ? -1 : 1));
  expect(points).toEqual([
    { metric: "client.duration", unit: "s", type: "histogram", attributes: route, count: CLIENT_ITEMS },
    { metric: "client.memory", unit: "By", type: "gauge", attributes: {}, value: 1048576 },
    { metric: "client.requests", unit: "{request}", type: "sum", attributes: route, value: CLIENT_ITEMS },
  ]);
}
