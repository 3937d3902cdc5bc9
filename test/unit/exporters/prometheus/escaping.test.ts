import { expect, test } from "vitest";
import { Attributes, anyValue } from "../../../../collector/model/attributes.ts";
import { decodeFamilies } from "../../../openmetrics/decode-protobuf.ts";
import { flattenProtobuf } from "../../../openmetrics/protobuf-samples.ts";
import { validateOpenMetrics } from "../../../openmetrics/validate-openmetrics.ts";
import { validateText } from "../../../openmetrics/validate-text.ts";
import { buckets, counter, gauge, histogram, metric, number, OPENMETRICS, openLab, PROTOBUF } from "./lab.ts";

/** What scrapers see of UTF-8 names that they cannot read. */

const UTF8 = { translation_strategy: "NoTranslation" };
const ID = 'instance="i-1",job="api"';

test("two metrics that escaping makes one: the first one is shown, the other is told of once, and both where names are UTF-8", async () => {
  await using lab = await openLab(UTF8);
  await lab.push(metric("a.b", gauge(number(1))));
  await lab.push(metric("a-b", gauge(number(2))), metric("a.b_count", gauge(number(3))), metric("a-b", gauge(number(4, { time: 20 }))));
  for (const accept of ["text/plain", OPENMETRICS, "text/plain"]) expect(await lab.samples(accept)).toEqual([`a_b{${ID}} 1`, `a_b_count{${ID}} 3`]);
  expect(await lab.samples(`${OPENMETRICS};escaping=allow-utf-8`)).toEqual([`{"a-b",${ID}} 4`, `{"a.b",${ID}} 1`, `{"a.b_count",${ID}} 3`]);
  expect(lab.around.log.lines.filter(({ fields }) => (fields as { name?: string }).name === "a_b")).toHaveLength(2);
  expect(lab.around.meter.total("pitwall_prometheus_hidden")).toBe(1);
});

test("the names that a histogram needs for its parts belong to who came first", async () => {
  await using lab = await openLab(UTF8);
  await lab.push(metric("a_b_count", gauge(number(1))));
  await lab.push(metric("a.b", histogram(buckets([1], []))));
  expect(await lab.samples("text/plain")).toEqual([`a_b_count{${ID}} 1`]);
  expect(await lab.samples("text/plain;escaping=values")).toHaveLength(4);
});

test("two label sets that escaping makes one: the first series is shown, in all formats", async () => {
  await using lab = await openLab(UTF8);
  await lab.push(
    metric("g", gauge(number(1, { attributes: { "x.y": "1" } }), number(2, { attributes: { "x-y": "1" } }), number(3, { attributes: { x_y: "2" } }))),
  );
  const expected = [`g{${ID},x_y="1"} 1`, `g{${ID},x_y="2"} 3`];
  expect(await lab.samples("text/plain")).toEqual(expected);
  expect(await lab.samples(OPENMETRICS)).toEqual(expected);
  expect(flattenProtobuf(decodeFamilies(await lab.scrapeBytes(PROTOBUF))).map(([, value]) => value)).toEqual([1, 3]);
  expect(lab.around.meter.total("pitwall_prometheus_hidden")).toBe(1);
  // A later one is found too, though nothing else has changed.
  await lab.push(metric("g", gauge(number(9, { attributes: { "x+y": "2" } }))));
  expect(await lab.samples("text/plain")).toEqual(expected);
  expect(await lab.samples("text/plain;escaping=allow-utf-8")).toHaveLength(4);
});

test("two labels of one series that escaping makes one are joined", async () => {
  await using lab = await openLab(UTF8);
  const attributes = Attributes.of([
    ["x.y", anyValue("2")],
    ["x-y", anyValue("1")],
  ]);
  await lab.push(metric("g", gauge({ ...number(1), attributes })));
  expect(await lab.samples("text/plain")).toEqual([`g{${ID},x_y="1;2"} 1`]);
  expect(await lab.samples("text/plain;escaping=values")).toEqual([`g{U__x_2d_y="1",U__x_2e_y="2",${ID}} 1`]);
});

test("a counter keeps its suffix and its type under each escaping", async () => {
  await using lab = await openLab({ translation_strategy: "NoUTF8EscapingWithSuffixes" });
  await lab.push(metric("disk.read", counter(number(5)), { unit: "By" }));
  for (const escaping of ["underscores", "dots", "values", "allow-utf-8"]) {
    const utf8 = escaping === "allow-utf-8";
    const { families, problems } = validateOpenMetrics(await lab.scrape(`${OPENMETRICS};escaping=${escaping}`), { utf8 });
    // `dots` and `values` double the underscore before `total`, so that the family's name does not end in its unit any more.
    const unit = escaping === "underscores" || utf8 ? "bytes" : undefined;
    expect([problems, families.map((family) => [family.type, family.unit])]).toEqual([[], [["counter", unit]]]);
    expect(validateText(await lab.scrape(`text/plain;version=1.0.0;escaping=${escaping}`), { utf8 }).problems).toEqual([]);
  }
});

test("what OpenMetrics forbids is shown in text only: falling counts, negative quantiles, families that clash with a creation time", async () => {
  await using lab = await openLab();
  const point = { attributes: Attributes.EMPTY, timeUnixNano: 10n ** 18n, startUnixNano: 0n, flags: 0, count: 2n };
  await lab.push(
    metric("c", counter(number(-1))),
    metric("c.created", gauge(number(1))),
    metric("h", histogram(buckets([1, 1], [-1], { sum: -4 }))),
    metric("s", { type: "summary", points: [{ ...point, sum: -3, quantiles: [{ quantile: 0.5, value: -2 }] }] }),
  );
  expect(validateOpenMetrics(await lab.scrape(OPENMETRICS)).problems).toEqual([]);
  expect(await lab.samples(OPENMETRICS)).toEqual([`h_bucket{${ID},le="-1.0"} 1`, `h_bucket{${ID},le="+Inf"} 2`, `s_count{${ID}} 2`]);
  expect(await lab.samples()).toEqual([
    `c_total{${ID}} -1`,
    `c_created{${ID}} 1`,
    `h_bucket{${ID},le="-1.0"} 1`,
    `h_bucket{${ID},le="+Inf"} 2`,
    `h_sum{${ID}} -4`,
    `h_count{${ID}} 2`,
    `s{${ID},quantile="0.5"} -2`,
    `s_sum{${ID}} -3`,
    `s_count{${ID}} 2`,
  ]);
});

test("a gauge x and a counter x_total are two metrics; only OpenMetrics, where both would be the family x, shows the first alone", async () => {
  await using lab = await openLab();
  await lab.push(metric("x", gauge(number(1))), metric("x", counter(number(2))), metric("target", gauge(number(3))));
  const both = [`target{${ID}} 3`, `x_total{${ID}} 2`, `x{${ID}} 1`];
  expect([...(await lab.samples("text/plain"))].sort()).toEqual(both);
  expect(validateText(await lab.scrape("text/plain"), { utf8: false }).problems).toEqual([]);
  expect(
    flattenProtobuf(decodeFamilies(await lab.scrapeBytes(PROTOBUF)))
      .map(([, value]) => value)
      .sort(),
  ).toEqual([1, 2, 3]);
  const openMetrics = await lab.scrape(OPENMETRICS);
  expect(openMetrics).toContain(`x{${ID}} 1`);
  expect(openMetrics).not.toContain("x_total");
  expect(validateOpenMetrics(openMetrics, { utf8: false }).problems).toEqual([]);
  expect(lab.around.ledger.balance("metrics")).toMatchObject({ dropped: 0 });
});
