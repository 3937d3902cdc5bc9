import { describe, expect, test } from "vitest";
import { acceptsGzip, negotiateFormat } from "../../../../exporters/prometheus/negotiate.ts";

const PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const PROTOBUF_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** What real scrapers send. */
const SCRAPERS = {
  "Prometheus 2.42":
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
  "Prometheus 2.42 with native histograms": `${PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
  "Prometheus 2.53":
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
  "Prometheus 3.5":
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
  "Prometheus 3 with protobuf": `${PROTOBUF};escaping=allow-utf-8;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.2`,
  "Prometheus 3, legacy names": "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,text/plain;version=0.0.4;q=0.3",
  vmagent: "text/plain;version=0.0.4;q=1,*/*;q=0.1",
  "a browser": "text/html,application/xhtml+xml,*/*;q=0.8",
  curl: "*/*",
} as const;

describe("a scraper gets what it reads best, told with version and escaping", () => {
  test.each<[keyof typeof SCRAPERS, string, string]>([
    ["Prometheus 2.42", OPENMETRICS_TYPE, "underscores"],
    ["Prometheus 2.42 with native histograms", PROTOBUF_TYPE, "underscores"],
    ["Prometheus 2.53", OPENMETRICS_TYPE, "underscores"],
    ["Prometheus 3.5", `${OPENMETRICS_TYPE}; escaping=allow-utf-8`, "allow-utf-8"],
    ["Prometheus 3 with protobuf", `${PROTOBUF_TYPE}; escaping=allow-utf-8`, "allow-utf-8"],
    ["Prometheus 3, legacy names", `${OPENMETRICS_TYPE}; escaping=underscores`, "underscores"],
    ["vmagent", TEXT_TYPE, "underscores"],
    ["a browser", TEXT_TYPE, "underscores"],
    ["curl", TEXT_TYPE, "underscores"],
  ])("%s", (scraper, contentType, escaping) => {
    const format = negotiateFormat(SCRAPERS[scraper], { openMetrics: true, protobuf: true });
    expect([format.contentType, format.escaping]).toEqual([contentType, escaping]);
  });
});

describe("negotiation", () => {
  test.each([
    [undefined, TEXT_TYPE],
    ["", TEXT_TYPE],
    ["image/png", TEXT_TYPE],
    ["application/openmetrics-text", OPENMETRICS_TYPE],
    ["Application/OpenMetrics-Text; Version=1.0.0", OPENMETRICS_TYPE],
    ['application/openmetrics-text; version="1.0.0"', OPENMETRICS_TYPE],
    ["application/openmetrics-text;version=0.0.1", "application/openmetrics-text; version=0.0.1; charset=utf-8"],
    ["application/openmetrics-text; version=2.0.0, text/plain;q=0.1", TEXT_TYPE],
    ["application/openmetrics-text;q=0, */*", TEXT_TYPE],
    ["application/openmetrics-text;q=foo, */*;q=0.1", TEXT_TYPE],
    ["text/plain;q=0.4, application/openmetrics-text;version=1.0.0;q=0.5", OPENMETRICS_TYPE],
    // Equal in quality: what stands first.
    ["text/plain, application/openmetrics-text", TEXT_TYPE],
    ["application/openmetrics-text, text/plain", OPENMETRICS_TYPE],
    ["text/plain;version=1.0.0", "text/plain; version=1.0.0; charset=utf-8"],
    ["text/plain;version=1.0.0;escaping=dots", "text/plain; version=1.0.0; charset=utf-8; escaping=dots"],
    ["text/plain;version=0.0.4;escaping=values", "text/plain; version=0.0.4; charset=utf-8; escaping=values"],
    ["text/plain;version=0.0.4;escaping=nonsense", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"],
    ["text/*;q=0.5", TEXT_TYPE],
    // What names a type decides over what covers it.
    ["text/plain;q=0.2, */*;q=0.9, application/openmetrics-text;q=0.5", OPENMETRICS_TYPE],
    [`${PROTOBUF};q=0.6,text/plain;q=0.2`, PROTOBUF_TYPE],
    ["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text,text/plain;q=0.2", TEXT_TYPE],
    ["application/vnd.google.protobuf,text/plain;q=0.2", TEXT_TYPE],
    [`${PROTOBUF};q=0, text/plain;q=0.1`, TEXT_TYPE],
  ])("%j", (accept, contentType) => {
    expect(negotiateFormat(accept, { openMetrics: true, protobuf: true }).contentType).toBe(contentType);
  });

  test("what is switched off is not offered", () => {
    expect(negotiateFormat(SCRAPERS["Prometheus 3.5"], { openMetrics: false, protobuf: true }).contentType).toBe(
      "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    );
  });

  test("gzip is used where it is named or covered, and not refused", () => {
    expect(["gzip", "deflate, gzip;q=0.5", "*", "x-gzip"].map(acceptsGzip)).toEqual([true, true, true, true]);
    expect([undefined, "identity", "gzip;q=0", "gzip;q=0, *", "deflate"].map(acceptsGzip)).toEqual([false, false, false, false, false]);
  });
});
