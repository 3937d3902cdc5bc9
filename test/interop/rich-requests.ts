/** One OTLP/JSON request of each signal with every field of the messages set: what forwards them must change nothing. */

const START = "1790000000123456789";
const END = "1790000000987654321";
const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const SPAN_ID = "eee19b7ec3c1b174";

const EVERY_VALUE = [
  { key: "string", value: { stringValue: "ünï → 压测" } },
  { key: "empty string", value: { stringValue: "" } },
  { key: "true", value: { boolValue: true } },
  { key: "int", value: { intValue: "9007199254740993" } },
  { key: "negative", value: { intValue: "-9223372036854775808" } },
  { key: "double", value: { doubleValue: 1.0 } },
  { key: "bytes", value: { bytesValue: "AAECA/8=" } },
  { key: "array", value: { arrayValue: { values: [{ stringValue: "a" }, { intValue: "1" }, { arrayValue: { values: [{ boolValue: false }] } }] } } },
  {
    key: "map",
    value: { kvlistValue: { values: [{ key: "inner", value: { kvlistValue: { values: [{ key: "__proto__", value: { intValue: "1" } }] } } }] } },
  },
];

const resource = { attributes: [{ key: "service.name", value: { stringValue: "rich" } }, ...EVERY_VALUE], droppedAttributesCount: 3 };
const scope = { name: "scope", version: "1.2.3", attributes: EVERY_VALUE.slice(0, 2), droppedAttributesCount: 4 };
const schemaUrl = "https://opentelemetry.io/schemas/1.30.0";

const exemplars = [
  { filteredAttributes: EVERY_VALUE.slice(0, 1), timeUnixNano: END, asDouble: 0.25, traceId: TRACE_ID, spanId: SPAN_ID },
  { filteredAttributes: [], timeUnixNano: END, asInt: "7", traceId: TRACE_ID, spanId: SPAN_ID },
];
const point = { attributes: EVERY_VALUE, startTimeUnixNano: START, timeUnixNano: END, flags: 1 };

export const RICH_TRACES = {
  resourceSpans: [
    {
      resource,
      schemaUrl,
      scopeSpans: [
        {
          scope,
          schemaUrl,
          spans: [
            {
              traceId: TRACE_ID,
              spanId: SPAN_ID,
              traceState: "vendor=value",
              parentSpanId: "eee19b7ec3c1b173",
              flags: 257,
              name: "GET /works",
              kind: 2,
              startTimeUnixNano: START,
              endTimeUnixNano: END,
              attributes: EVERY_VALUE,
              droppedAttributesCount: 1,
              events: [{ timeUnixNano: END, name: "exception", attributes: EVERY_VALUE, droppedAttributesCount: 2 }],
              droppedEventsCount: 3,
              links: [{ traceId: TRACE_ID, spanId: SPAN_ID, traceState: "a=b", attributes: EVERY_VALUE, droppedAttributesCount: 5, flags: 1 }],
              droppedLinksCount: 6,
              status: { code: 2, message: "permits exhausted" },
            },
            { traceId: TRACE_ID, spanId: "eee19b7ec3c1b175", name: "", kind: 5, startTimeUnixNano: START, endTimeUnixNano: START, status: {} },
          ],
        },
      ],
    },
  ],
};

export const RICH_METRICS = {
  resourceMetrics: [
    {
      resource,
      schemaUrl,
      scopeMetrics: [
        {
          scope,
          schemaUrl,
          metrics: [
            {
              name: "gauge",
              description: "a gauge",
              unit: "By",
              metadata: EVERY_VALUE.slice(0, 1),
              gauge: { dataPoints: [{ ...point, asDouble: 0.1, exemplars }] },
            },
            {
              name: "sum",
              unit: "1",
              sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...point, asInt: "9007199254740993", exemplars }] },
            },
            { name: "delta", sum: { aggregationTemporality: 1, dataPoints: [{ ...point, asInt: "-1" }] } },
            {
              name: "histogram",
              unit: "s",
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  { ...point, count: "6", sum: 3.5, min: 0.1, max: 2, bucketCounts: ["1", "2", "3"], explicitBounds: [0.5, 1], exemplars },
                ],
              },
            },
            {
              name: "exponential",
              unit: "ms",
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    ...point,
                    count: "10",
                    sum: 12.5,
                    min: -4,
                    max: 8,
                    scale: -2,
                    zeroCount: "1",
                    zeroThreshold: 0.001,
                    positive: { offset: -3, bucketCounts: ["1", "2", "3"] },
                    negative: { offset: 4, bucketCounts: ["2", "1"] },
                    exemplars,
                  },
                ],
              },
            },
            {
              name: "summary",
              summary: {
                dataPoints: [
                  {
                    ...point,
                    count: "4",
                    sum: 9.5,
                    quantileValues: [
                      { quantile: 0.5, value: 1 },
                      { quantile: 0.99, value: 4 },
                    ],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
};

export const RICH_LOGS = {
  resourceLogs: [
    {
      resource,
      schemaUrl,
      scopeLogs: [
        {
          scope,
          schemaUrl,
          logRecords: [
            {
              timeUnixNano: START,
              observedTimeUnixNano: END,
              severityNumber: 17,
              severityText: "ERROR",
              eventName: "permits.exhausted",
              body: { kvlistValue: { values: EVERY_VALUE } },
              attributes: EVERY_VALUE,
              droppedAttributesCount: 2,
              flags: 1,
              traceId: TRACE_ID,
              spanId: SPAN_ID,
            },
            { body: { stringValue: "no more than a body" } },
          ],
        },
      ],
    },
  ],
};
