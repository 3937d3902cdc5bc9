import { describe, expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import { k6Json } from "../../../../collector/wire/generators/k6-json.ts";
import { nginxTiming } from "../../../../collector/wire/generators/nginx-log.ts";
import type { LoadFormat } from "../../../../collector/wire/generators/reader.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { SpanIds } from "../../../../collector/wire/witness/span-ids.ts";
import { identityOf, witnessBatches } from "../../../../collector/wire/witness/witness-batches.ts";
import { fixtureBytes, readFixture } from "../../wire/generators/read-fixture.ts";
import { API, counter, identity, lost, measured, metric, number, openLab, RUN_ID, request, START_MS, seriesOf, total } from "./lab.ts";

function record(format: LoadFormat, path: string, by: "item" | "batch") {
  const lab = openLab();
  const { items, requests } = readFixture(format, path);
  const witness = identityOf(format.facts, { instance: "i", runId: RUN_ID });
  if (by === "item") for (const item of items) lab.recorder.item(item, witness);
  else for (const batch of witnessBatches(witness, items, { readUnixNano: 0n, ids: new SpanIds("lab") })) lab.recorder.push(batch);
  lab.recorder.close();
  return { ...lab, requests };
}

describe.each(["item", "batch"] as const)("told by %s", (by) => {
  test("k6's requests are counted one by one, with their fates, phases and durations", () => {
    const { writer, requests, recorder } = record(k6Json, "k6/mixed.ndjson.gz", by);
    const { cells } = writer;
    expect(requests.length).toBe(277);
    expect(total(cells, { hop: "client", source: "requests", witness: "k6" })).toBe(277);
    expect(total(cells, { errorKind: "dial_refused" })).toBe(requests.filter(({ errorKind }) => errorKind === "dial_refused").length);
    expect(total(cells, { errorKind: "timeout_recv" })).toBe(requests.filter(({ errorKind }) => errorKind === "timeout_recv").length);
    expect(total(cells, { status: 500 })).toBe(requests.filter(({ status }) => status === 500).length);
    // Requests that got no connection have no duration, so k6's zeros are in no quantile.
    expect(measured(cells)).toBe(requests.filter(({ durationMs }) => durationMs !== undefined).length);
    const waited = cells.reduce((sum, { sums }) => sum + (sums.wait?.sum ?? 0), 0);
    expect(waited).toBeCloseTo(
      requests.reduce((sum, { phases }) => sum + (phases.wait ?? 0), 0),
      3,
    );
    expect(recorder.ownLosses()).toEqual([]);
    expect(writer.witnesses).toMatchObject([{ hop: "client", name: "k6", format: "k6-json", sources: ["requests"], survivorsOnly: "no" }]);
  });

  test("k6's iterations are a counter and its checks two", () => {
    const { writer } = record(k6Json, "k6/mixed.ndjson.gz", by);
    const sumOf = (name: string, condition?: string) =>
      seriesOf(writer, name)
        .filter(({ attributes }) => condition === undefined || attributes["condition"] === condition)
        .reduce((sum, { points }) => sum + points.reduce((all, point) => all + point.sum, 0), 0);
    const text = new TextDecoder().decode(fixtureBytes("k6/mixed.ndjson.gz"));
    const points = text.split("\n").filter((line) => line.includes('"type":"Point"'));
    const values = (name: string) =>
      points.filter((line) => line.includes(`"metric":"${name}"`)).map((line) => JSON.parse(line).data.value as number);
    expect(values("iterations").length).toBeGreaterThan(0);
    expect(sumOf("iterations")).toBe(values("iterations").length);
    expect(sumOf("checks", "nonzero")).toBe(values("checks").filter((value) => value === 1).length);
    expect(sumOf("checks", "zero")).toBe(values("checks").filter((value) => value === 0).length);
    expect(seriesOf(writer, "vus").every(({ kind, hop }) => kind === "gauge" && hop === "client")).toBe(true);
  });

  test("nginx's lines are requests of the proxy, with tries, times and what never got out", () => {
    const { writer, requests } = record(nginxTiming, "nginx/classes-timing.log", by);
    const { cells } = writer;
    const sum = (key: "tries" | "failed_connects" | "incomplete" | "local" | "upstream_header") =>
      cells.reduce((all, { sums }) => all + (sums[key]?.sum ?? 0), 0);
    expect(total(cells, { hop: "proxy", source: "requests", witness: "nginx" })).toBe(requests.length);
    expect(sum("tries")).toBe(requests.reduce((all, { proxy }) => all + (proxy?.tries.length ?? 0), 0));
    expect(sum("incomplete")).toBe(requests.filter(({ proxy }) => proxy?.complete === false).length);
    expect(sum("local")).toBe(requests.filter(({ proxy }) => proxy?.askedUpstream === false).length);
    expect(sum("local")).toBeGreaterThan(0);
    // A closed port, and the dead first server of a pair.
    expect(sum("failed_connects")).toBe(
      requests.flatMap(({ proxy }) => proxy?.tries ?? []).filter(({ connectMs }) => connectMs === undefined).length,
    );
    expect(sum("failed_connects")).toBeGreaterThan(0);
    expect(cells.some(({ instance }) => /^127\.0\.0\.1:\d+$/.test(instance))).toBe(true);
  });
});

test("a request belongs to the second of its end", () => {
  const { recorder, writer } = openLab();
  for (const at of [999, 1000, 1999]) recorder.item(request(at), identity());
  recorder.close();
  expect(writer.cells.map(({ second, count }) => [second - START_MS / 1000, count])).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test("what cannot be placed is counted as lost, and what belongs to another run is passed over", () => {
  const { recorder, writer } = openLab();
  recorder.item(request(0, { endUnixNano: undefined }), identity());
  recorder.item(request(0), identity({ hop: "host", name: "host" }));
  recorder.item(request(0), identity({ runId: "another" }));
  recorder.item({ kind: "sample", name: "x", type: "gauge", unit: "", timeUnixNano: 1n, value: Number.NaN, tags: API.attributes }, identity());
  recorder.close();
  expect(writer.cells).toEqual([]);
  expect(lost(recorder.ownLosses(), /./)).toBe(3);
  expect(writer.losses.get("recorder")).toEqual(recorder.ownLosses());
});

test("the same memory gauge of a tester and a running total are series by the second", () => {
  const { recorder, writer } = openLab();
  const at = (ms: number) => BigInt(START_MS + ms) * 1_000_000n;
  const tags = API.attributes;
  for (const [ms, value] of [
    [0, 10],
    [400, 30],
    [900, 20],
    [1100, 5],
  ] as const) {
    recorder.item({ kind: "sample", name: "memory", type: "gauge", unit: "By", timeUnixNano: at(ms), value, tags }, identity());
    recorder.item({ kind: "sample", name: "sent", type: "total", unit: "", timeUnixNano: at(ms), value, tags }, identity());
  }
  recorder.close();
  expect(seriesOf(writer, "memory")[0]?.points).toEqual([
    { second: 0, min: 10, max: 30, last: 20, sum: 60, n: 3 },
    { second: 1, min: 5, max: 5, last: 5, sum: 5, n: 1 },
  ]);
  // 10, then 20 more, then anew at 20, then anew at 5.
  expect(seriesOf(writer, "sent")[0]?.points.map(({ second, sum }) => [second, sum])).toEqual([
    [0, 50],
    [1, 5],
  ]);
});

test("what a machine counted since it was started is no increase of the run", () => {
  const { recorder, writer } = openLab();
  const total = (ms: number, value: number) =>
    recorder.item(
      {
        kind: "sample",
        name: "overflows",
        type: "total",
        unit: "",
        timeUnixNano: BigInt(START_MS + ms) * 1_000_000n,
        value,
        tags: API.attributes,
      },
      identity({ hop: "host", name: "host" }),
    );
  total(0, 39_905);
  total(1000, 39_908);
  recorder.close();
  expect(seriesOf(writer, "overflows")[0]?.points.reduce((sum, point) => sum + point.sum, 0)).toBe(3);
});

test("items of others in a witness's batch are recorded too", () => {
  const { recorder, writer } = openLab();
  const sample = {
    kind: "sample",
    name: "vus",
    type: "gauge",
    unit: "",
    timeUnixNano: BigInt(START_MS) * 1_000_000n,
    value: 3,
    tags: API.attributes,
  } as const;
  const [batch] = witnessBatches(identity(), [sample], { readUnixNano: 0n, ids: new SpanIds("lab") });
  const other = { ...metric("process.thread.count", { type: "gauge", points: [number(0, 7)] }) };
  const counted = metric("jobs", counter([number(500, 4)]));
  recorder.push((batch as NonNullable<typeof batch>).concat([batchOf("metrics", [other, counted])]));
  recorder.close();
  expect(seriesOf(writer, "vus")).toHaveLength(1);
  expect(seriesOf(writer, "process.thread.count")[0]).toMatchObject({ hop: "application", witness: "api-server", points: [{ last: 7 }] });
  expect(seriesOf(writer, "jobs")[0]).toMatchObject({ kind: "counter", hop: undefined, points: [{ sum: 4 }] });
});

test("a host's series keep their tags, a generator's those that are not of single requests", () => {
  const { recorder, writer } = openLab();
  const timeUnixNano = BigInt(START_MS) * 1_000_000n;
  for (const name of ["eth0", "lo"]) {
    const sample = { kind: "sample", name: "net", type: "gauge", unit: "By", timeUnixNano, value: 1, tags: Attributes.from({ name }) } as const;
    recorder.item(sample, identity({ hop: "host", name: "host" }));
    recorder.item(sample, identity());
  }
  recorder.close();
  expect(seriesOf(writer, "net").map(({ hop, attributes, points }) => [hop, attributes, points[0]?.n])).toEqual([
    [undefined, { name: "eth0" }, 1],
    ["client", {}, 2],
    [undefined, { name: "lo" }, 1],
  ]);
});
