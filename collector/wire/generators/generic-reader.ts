import type { Mapping, Source } from "./generic-mapping.ts";
import { emitMappedRequest, emitMappedSamples, emitMappedSummary, type Lookup } from "./mapped-item.ts";
import { type LineFate, openDocument, openLines } from "./open-lines.ts";
import { openTable } from "./open-table.ts";
import { objectOf, parseJson, textOf } from "./parse-number.ts";
import type { FormatFacts, LineReader, ReaderOptions } from "./reader.ts";

export const GENERIC_FACTS: FormatFacts = {
  format: "generic",
  generator: "any",
  title: "CSV with a heading, NDJSON or one JSON document, read by a mapping of yours.",
  witness: "client",
  gives: ["request", "sample", "aggregate"],
  endpoint: "As the mapping says.",
  time: "As the mapping says.",
  durationMeans: "unknown",
  durationUnit: "mapped",
  phases: [],
  errorKinds: [
    "dns",
    "dial_refused",
    "dial_timeout",
    "tls",
    "reset",
    "broken_pipe",
    "timeout_wait",
    "timeout_recv",
    "timeout_unknown",
    "http_4xx",
    "http_429",
    "http_5xx",
    "body_check",
    "protocol",
    "aborted",
    "other",
  ],
  correction: "unknown",
  survivorsOnly: "unknown",
  limits: [
    "What the figures mean is what the mapping claims: whether latencies are corrected, and of survivors only, must be said there or stays unknown.",
  ],
};

/** A table whose first row names its columns. */
export function openGenericCsv(mapping: Mapping, { emit }: ReaderOptions, separator = ","): LineReader {
  return openTable({
    separator,
    required: mapping.as === "summary" ? [] : [mapping.time.from],
    onRow: ({ get }) => emitMapped(mapping, get, emit),
  });
}

/** Objects of JSON, one a line. */
export function openGenericNdjson(mapping: Mapping, { emit }: ReaderOptions): LineReader {
  return openLines((line) => {
    const object = objectOf(parseJson(line));
    return object === undefined ? "bad_json" : emitMapped(mapping, lookupIn(object), emit);
  });
}

/** One document: an object that sums up a run, or a list of objects. Of a list, what does not fit the mapping is skipped. */
export function openGenericJson(mapping: Mapping, { emit }: ReaderOptions): LineReader {
  return openDocument((text) => {
    const document = parseJson(text);
    if (document === undefined) return "bad_json";
    const fates = (Array.isArray(document) ? document : [document]).map((value) => {
      const object = objectOf(value);
      return object === undefined ? "unknown_shape" : emitMapped(mapping, lookupIn(object), emit);
    });
    const firstFault = fates.find((fate) => fate !== "accepted" && fate !== "skipped" && fate !== "held");
    return fates.includes("accepted") || firstFault === undefined ? "accepted" : (firstFault as Exclude<LineFate, "skipped" | "held">);
  });
}

function emitMapped(mapping: Mapping, get: Lookup, emit: ReaderOptions["emit"]): LineFate {
  switch (mapping.as) {
    case "requests":
      return emitMappedRequest(mapping, get, emit);
    case "samples":
      return emitMappedSamples(mapping, get, emit);
    case "summary":
      return emitMappedSummary(mapping, get, emit);
  }
}

/** The key as it stands, else as a dotted path. */
function lookupIn(object: Readonly<Record<string, unknown>>): Lookup {
  return (source: Source) => {
    if (Object.hasOwn(object, source)) return textOf(object[source]);
    let value: unknown = object;
    for (const key of source.split(".")) {
      const inner = objectOf(value);
      value = inner !== undefined && Object.hasOwn(inner, key) ? inner[key] : undefined;
    }
    return textOf(value);
  };
}
