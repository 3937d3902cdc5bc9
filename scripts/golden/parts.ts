import { covers, sameLabels } from "./compare.ts";
import { exemplarJson, requestJson } from "./otlp-json.ts";
import { isTargetInfo, NOW_MS, Pipe } from "./pipe.ts";
import { isFields } from "./read-cases.ts";
import type { Op } from "./run-case.ts";
import { translationFor } from "./settings.ts";

const TIME = { timeUnixNano: `${NOW_MS}000000` };

/** `{metricName, resource, attributes, scope, settings}`: all labels of the one series of a gauge. */
export const labelsOp: Op = {
  run: ({ metricName, resource, attributes, scope, settings }) => {
    const metric = { name: metricName, gauge: { dataPoints: [{ asInt: "1", attributes, ...TIME }] } };
    const pipe = new Pipe(translationFor(settings), NOW_MS);
    pipe.send(requestJson(resource, [{ scope, metric }]));
    const sample = pipe.pushed().find((one) => !isTargetInfo(one));
    return { labels: sample?.labels, collisions: pipe.collisions };
  },
  matches: (got, expected) =>
    isFields(got) &&
    isFields(expected) &&
    sameLabels(got["labels"], expected["labels"]) &&
    (expected["collisions"] === undefined || covers(got["collisions"], expected["collisions"])),
};

/** `{resource, settings}`. Nothing is expected where no labels are. */
export const targetInfoOp: Op = {
  run: ({ resource, settings }) => {
    const metric = { name: "m", gauge: { dataPoints: [{ asInt: "1", ...TIME }] } };
    const isOff = isFields(settings) && settings["disableTargetInfo"] === true;
    const pipe = new Pipe(translationFor(settings), NOW_MS, { targetInfo: !isOff });
    pipe.send(requestJson(resource, [{ scope: { name: "scope", version: "1" }, metric }]));
    const info = pipe.pushed().find(isTargetInfo);
    return info === undefined ? null : { labels: info.labels, value: info.value };
  },
  matches: (got, expected) => {
    const { labels, value = 1 } = isFields(expected) ? expected : {};
    if (!isFields(labels) || Object.keys(labels).length === 0) return got === null;
    return isFields(got) && sameLabels(got["labels"], labels) && covers(got["value"], value);
  },
};

/** `{exemplar}`: on a counter. */
export const exemplarOp: Op = {
  run: ({ exemplar, settings }) => {
    const point = { asInt: "1", ...TIME, exemplars: [exemplarJson(exemplar)] };
    const metric = { name: "m", sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [point] } };
    const pipe = new Pipe(translationFor(settings), NOW_MS);
    pipe.send(requestJson({}, [{ scope: null, metric }]));
    const [found] = pipe.pushed().flatMap((sample) => sample.exemplars ?? []);
    return found ?? { error: true, dropped: true };
  },
};

/** `{timeUnixNano}`: of a gauge's point. */
export const timestampOp: Op = {
  run: ({ timeUnixNano }) => {
    const metric = { name: "m", gauge: { dataPoints: [{ asInt: "1", timeUnixNano: String(timeUnixNano) }] } };
    // The clock stands at that moment: a point without a time has the one of its arrival.
    const pipe = new Pipe(translationFor(undefined), Math.floor(Number(timeUnixNano) / 1e6));
    pipe.send(requestJson({}, [{ scope: null, metric }]));
    return { timestampMs: pipe.pushed()[0]?.timestampMs };
  },
};
