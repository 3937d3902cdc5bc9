import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import { decodeFamilies } from "../../../openmetrics/decode-protobuf.ts";
import { at, buckets, gauge, histogram, metric, number, OPENMETRICS, openLab, PROTOBUF } from "./lab.ts";
import { EXEMPLAR, EXPONENTIAL, ONE_OF_EACH } from "./one-of-each.ts";

const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/** What Prometheus sends by default, 2.53 and 3.5. */
const PROMETHEUS_2 =
  "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const PROMETHEUS_3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
const VMAGENT = "text/plain;version=0.0.4;q=1,*/*;q=0.1";

test("the text format, as a whole", async () => {
  await using lab = await openLab();
  await lab.push(...ONE_OF_EACH);
  await expect(await lab.scrape()).toMatchFileSnapshot("../../../golden/prometheus/text-0.0.4.prom");
});

test("OpenMetrics, as a whole: units, exemplars, info, EOF", async () => {
  await using lab = await openLab();
  await lab.push(...ONE_OF_EACH);
  await expect(await lab.scrape(OPENMETRICS)).toMatchFileSnapshot("../../../golden/prometheus/openmetrics-1.0.prom");
});

test("without suffixes, with timestamps", async () => {
  await using lab = await openLab({ add_metric_suffixes: false, send_timestamps: true, namespace: "shop" });
  await lab.push(...ONE_OF_EACH);
  await expect(await lab.scrape()).toMatchFileSnapshot("../../../golden/prometheus/text-without-suffixes.prom");
  // Not a counter to OpenMetrics without its suffix, so no exemplar on it either.
  expect(await lab.scrape(OPENMETRICS)).toContain('# TYPE shop_cache_hits unknown\nshop_cache_hits{instance="i-1",job="api"} 9320 1790000010.000\n');
});

test("UTF-8 names are quoted for who asks for them, and escaped for who does not", async () => {
  await using lab = await openLab({ translation_strategy: "NoUTF8EscapingWithSuffixes" });
  await lab.push(...ONE_OF_EACH);
  await expect(await lab.scrape(PROMETHEUS_3)).toMatchFileSnapshot("../../../golden/prometheus/openmetrics-utf8.prom");
  for (const escaping of ["underscores", "dots", "values"]) {
    const page = await lab.scrape(`text/plain;version=1.0.0;escaping=${escaping}`);
    await expect(page).toMatchFileSnapshot(`../../../golden/prometheus/text-${escaping}.prom`);
    const openMetrics = await lab.scrape(`${OPENMETRICS};escaping=${escaping}`);
    await expect(openMetrics).toMatchFileSnapshot(`../../../golden/prometheus/openmetrics-${escaping}.prom`);
  }
  expect(await lab.scrape("text/plain;version=0.0.4")).toBe(await lab.scrape("text/plain;version=1.0.0;escaping=underscores"));
});

test("protobuf, as a whole: start times, exemplars, native histograms with classic buckets beside them", async () => {
  await using lab = await openLab();
  await lab.push(...ONE_OF_EACH, EXPONENTIAL);
  const families = decodeFamilies(await lab.scrapeBytes(PROTOBUF));
  await expect(`${JSON.stringify(families, null, 1)}\n`).toMatchFileSnapshot("../../../golden/prometheus/protobuf.json");
});

test("OpenMetrics with creation times, where asked for", async () => {
  await using lab = await openLab({ send_created: true });
  await lab.push(...ONE_OF_EACH);
  await expect(await lab.scrape(OPENMETRICS)).toMatchFileSnapshot("../../../golden/prometheus/openmetrics-created.prom");
  expect(await lab.scrape()).not.toContain("_created");
});

test("an exemplar goes to its bucket, an older one does not replace it, and too many characters cost only the attributes", async () => {
  await using lab = await openLab();
  const long = { ...EXEMPLAR, number: { kind: "double", value: 5 }, filteredAttributes: Attributes.from({ user: "x".repeat(70) }) } as const;
  const older = { ...EXEMPLAR, timeUnixNano: at(1), number: { kind: "double", value: 0.7 } } as const;
  await lab.push(metric("d", histogram(buckets([1, 1, 1], [0.5, 1], { exemplars: [EXEMPLAR, long] }))));
  await lab.push(metric("d", histogram(buckets([1, 2, 1], [0.5, 1], { time: 20, exemplars: [older] }))));
  const ids = 'trace_id="0123456789abcdef0123456789abcdef",span_id="0123456789abcdef"';
  expect((await lab.samples(OPENMETRICS)).slice(0, 3)).toEqual([
    'd_bucket{instance="i-1",job="api",le="0.5"} 1',
    `d_bucket{instance="i-1",job="api",le="1.0"} 3 # {${ids},user="u-1"} 0.67 1790000003.500`,
    `d_bucket{instance="i-1",job="api",le="+Inf"} 4 # {${ids}} 5 1790000003.500`,
  ]);
  expect(await lab.scrape()).not.toContain("trace_id");
});

test("formats are negotiated, with the exact content type", async () => {
  await using lab = await openLab();
  const contentType = async (accept: string) => (await fetch(lab.url, { headers: { accept } })).headers.get("content-type");
  expect(await contentType(PROMETHEUS_2)).toBe(OPENMETRICS_TYPE);
  expect(await contentType(PROMETHEUS_3)).toBe(`${OPENMETRICS_TYPE}; escaping=allow-utf-8`);
  expect(await contentType(VMAGENT)).toBe(TEXT_TYPE);
  expect(await contentType("*/*")).toBe(TEXT_TYPE);
  expect(await contentType("text/html,application/xhtml+xml,*/*;q=0.8")).toBe(TEXT_TYPE);
  await using textOnly = await openLab({ enable_open_metrics: false });
  expect((await fetch(textOnly.url, { headers: { accept: PROMETHEUS_3 } })).headers.get("content-type")).toBe(
    "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
  );
});

/** Without fetch's own Accept-Encoding and inflating. */
function raw(
  url: string,
  headers: Record<string, string>,
  method = "GET",
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>();
  request(url, { headers, method }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
  })
    .on("error", reject)
    .end();
  return promise;
}

test("gzip where the scraper takes it, small and large", async () => {
  await using lab = await openLab();
  await lab.push(...ONE_OF_EACH);
  const small = await raw(lab.url, { "accept-encoding": "gzip" });
  expect(small.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(small.body).toString()).toBe(await lab.scrape());
  const many = Array.from({ length: 12_000 }, (_, id) => number(id, { attributes: { id: `${id}`, filler: "f".repeat(60) } }));
  await lab.push(metric("many", gauge(...many)));
  const large = await raw(lab.url, { "accept-encoding": "gzip" });
  expect(gunzipSync(large.body).length).toBeGreaterThan(1_048_576);
  expect(gunzipSync(large.body).toString()).toBe(await lab.scrape());
  expect((await raw(lab.url, {})).headers["content-encoding"]).toBeUndefined();
});

test("HEAD answers like GET without a body; other methods and paths say what to do", async () => {
  await using lab = await openLab();
  await lab.push(...ONE_OF_EACH);
  const get = await raw(lab.url, {});
  const head = await raw(lab.url, {}, "HEAD");
  expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, get.headers["content-length"], 0]);
  const post = await raw(lab.url, {}, "POST");
  expect([post.status, post.headers["allow"]]).toEqual([405, "GET, HEAD"]);
  const elsewhere = await raw(lab.url.replace("/metrics", "/"), {});
  expect([elsewhere.status, elsewhere.body.toString()]).toEqual([404, "Nothing is here; the metrics are at /metrics\n"]);
});

test("the path can be another one, with a query", async () => {
  await using lab = await openLab({ path: "/probe" });
  expect((await raw(lab.url.replace("/metrics", "/probe?x=1"), {})).status).toBe(200);
});

test("a scrape shows what has been pushed before it, always", async () => {
  await using lab = await openLab();
  for (let value = 1; value <= 3; value++) {
    await lab.push(metric("g", gauge(number(value, { time: value }))));
    expect(await lab.samples()).toEqual([`g{instance="i-1",job="api"} ${value}`]);
    expect(await lab.samples(OPENMETRICS)).toEqual(["g", `{instance="i-1",job="api"} ${value}`].join("").split("\n"));
  }
});

test("a port that is taken is named", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const { port } = holder.address() as AddressInfo;
  await expect(openLab({ endpoint: `127.0.0.1:${port}` })).rejects.toMatchObject({
    code: "E_PORT_IN_USE",
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  await new Promise((resolve) => holder.close(resolve));
});

test("an address of another machine is named", async () => {
  await expect(openLab({ endpoint: "203.0.113.1:0" })).rejects.toMatchObject({ code: "E_LISTEN", message: expect.stringContaining("203.0.113.1:0") });
});
