import type { SampledTrace } from "../../model/ledger.ts";
import { median } from "../../stats/summary.ts";
import { theilSen } from "../../stats/theil-sen.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatShare } from "./format-value.ts";
import { pointsIn } from "./gauge-facts.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf } from "./stream-facts.ts";

const LAG = /(consumer|kafka|rocketmq|rabbitmq|queue|topic|messaging).*(lag|backlog|depth)/i;
const LEAST_POINTS = 10;
/** Of the request's time, spent in handing a message over. */
const BLOCKING = 0.8;
const LEAST_TRACES = 5;

/** Messages pile up at a broker, and producers wait for it, or kinds of messages wait behind one another in one topic. */
export const broker: Rule = {
  id: "D21",
  title: "The message queue holds everything up",
  where: "in the message queue",
  look(facts) {
    const load = loadOf(facts.digest);
    if (load === undefined) return NOTHING;
    const growing = facts.gauges.matching(LAG).flatMap((series) => {
      const points = pointsIn(series, load.scope);
      const [first, last] = [points[0], points.at(-1)];
      const trend = theilSen(
        points.map(({ second }) => second),
        points.map((point) => point.last),
      );
      const isGrowing =
        points.length >= LEAST_POINTS && first !== undefined && last !== undefined && last.last > 2 * first.last && (trend?.lower ?? 0) > 0;
      return isGrowing ? [{ series, first: first.last, last: last.last, n: points.length }] : [];
    });
    const produce = produceShare(facts);
    if (growing.length === 0) return NOTHING;
    const topic = growing.toSorted((a, b) => b.last - a.last)[0] as (typeof growing)[number];
    const kinds = eventTypes(
      topic.series.attributes,
      growing.map(({ series }) => series.attributes),
    );
    if (produce === undefined && kinds.length < 2) return NOTHING;
    const isBlocking = produce !== undefined && produce.share >= BLOCKING;
    if (!isBlocking && kinds.length < 2) return NOTHING;
    return {
      findings: [
        finding({
          rule: "D21",
          hop: "store",
          effect: "slow",
          state: isBlocking ? "proven" : "consistent",
          confidence: isBlocking ? "high" : "medium",
          claim: `${topic.series.name} rose from ${formatCount(topic.first)} to ${formatCount(topic.last)} messages${isBlocking ? `, and handing a message over takes ${formatShare(produce.share)} of a request` : ""}${kinds.length > 1 ? `; ${kinds.length} kinds of messages share the topic (${kinds.join(", ")})` : ""}`,
          evidence: [
            evidence(
              "messages waiting, at the beginning and at the end of the load",
              topic.series.name,
              `${formatCount(topic.first)}, ${formatCount(topic.last)}`,
              { n: topic.n },
            ),
            ...(produce === undefined
              ? []
              : [
                  evidence("share of the request spent in producing", "producer span / server span", formatShare(produce.share), {
                    n: produce.n,
                    how: `median; ${formatMs(produce.ms)}`,
                  }),
                ]),
          ],
          nextStep:
            "send in batches and do not wait for each acknowledgement, give kinds of messages that must not wait a topic of their own, and look at what the client library does",
        }),
      ],
    };
  },
};

function eventTypes(own: Readonly<Record<string, string>>, all: readonly Readonly<Record<string, string>>[]): readonly string[] {
  const topicOf = (attributes: Readonly<Record<string, string>>) => attributes["messaging.destination.name"] ?? attributes["topic"] ?? "";
  const kinds = all
    .filter((attributes) => topicOf(attributes) === topicOf(own))
    .map((attributes) => attributes["event.type"] ?? attributes["event_type"] ?? attributes["tag"] ?? "");
  return [...new Set(kinds)].filter((kind) => kind !== "");
}

function produceShare({ ledger }: RuleFacts): { readonly share: number; readonly ms: number; readonly n: number } | undefined {
  const found = ledger.traces.flatMap(shareOf);
  return found.length < LEAST_TRACES
    ? undefined
    : { share: median(found.map(({ share }) => share)), ms: median(found.map(({ ms }) => ms)), n: found.length };
}

function shareOf({ spans }: SampledTrace): readonly { readonly share: number; readonly ms: number }[] {
  const whole = spans.find(({ hop }) => hop === "application");
  if (whole === undefined) return [];
  const total = whole.endUnixMs - whole.startUnixMs;
  const produce = spans.filter(
    ({ attributes }) =>
      attributes["messaging.operation.type"] === "send" || attributes["messaging.operation"] === "publish" || attributes["span.kind"] === "producer",
  );
  const ms = produce.reduce((sum, span) => sum + (span.endUnixMs - span.startUnixMs), 0);
  return total <= 0 || produce.length === 0 ? [] : [{ share: Math.min(1, ms / total), ms }];
}
