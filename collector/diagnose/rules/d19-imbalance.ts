import { evenSplit } from "../../stats/even-split.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatShare, formatTimes } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, streamOf } from "./stream-facts.ts";

const UNEVEN = 1.5;
const CHANCE = 0.001;

/** Instances of one service share the load unevenly. */
export const imbalance: Rule = {
  id: "D19",
  title: "Instances share the load unevenly",
  where: "at one of the application's instances",
  look({ digest }) {
    const load = loadOf(digest);
    const stream = [streamOf(load?.total, "application"), streamOf(load?.total, "proxy")].find((one) => (one?.instances.size ?? 0) > 1);
    if (stream === undefined) return NOTHING;
    const counts = [...stream.instances].sort(([, a], [, b]) => b - a);
    const { maxToMean, p, variation } = evenSplit(counts.map(([, count]) => count));
    if (!(maxToMean > UNEVEN) || p >= CHANCE) return NOTHING;
    const [busiest, most] = counts[0] as [string, number];
    return {
      findings: [
        finding({
          rule: "D19",
          hop: "application",
          effect: "risk",
          state: "proven",
          confidence: "high",
          claim: `instance ${busiest} got ${formatTimes(maxToMean)} the mean load of ${counts.length} instances: ${formatCount(most)} of ${formatCount(stream.count)} requests`,
          evidence: [
            ...counts
              .slice(0, 5)
              .map(([instance, count]) =>
                evidence(`requests to ${instance}`, fieldOf(stream, "instance"), `${formatCount(count)} (${formatShare(count / stream.count)})`),
              ),
            evidence("spread of the load over instances", fieldOf(stream, "instance"), formatShare(variation), {
              n: counts.length,
              how: "standard deviation over mean",
            }),
          ],
          nextStep: "look at how the proxy balances (hashing, sticky sessions) and how long connections live: few long ones stay where they began",
        }),
      ],
    };
  },
};
