import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatPerSecond } from "./format-value.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf, streamOf } from "./stream-facts.ts";

/** Settings of load scripts that name a rate. */
const RATE_SETTING = /(^|_)(RPS|QPS|RATE|REQ_PER_SEC)$/i;
const PEAK = /PEAK|MAX|^RATE$|^RPS$/i;
/** `REQUESTS_PER_ITERATION`, as environment or as a label of the run. */
const DECLARED = /^requests_per_iteration$/i;
const SAME = 0.05;
const NEAR = 0.15;

/** The rate that was asked for is counted in iterations, each of which makes several requests; or an iteration makes others than was said. */
export const rateInIterations: Rule = {
  id: "D25",
  title: "The rate counts iterations",
  where: "because the load was not the one that was meant",
  look(facts) {
    const load = loadOf(facts.digest);
    const perIteration = load?.offered.requestsPerIteration;
    if (load === undefined || perIteration === undefined || perIteration <= 0) return NOTHING;
    const declared = declaredOf(facts);
    const measured = evidence("requests an iteration", "client requests / iterations", formatCount(perIteration), { n: load.offered.iterations });
    if (declared !== undefined && Math.abs(perIteration - declared.value) > SAME * declared.value) {
      return {
        findings: [
          finding({
            rule: "D25",
            hop: undefined,
            effect: "invalid",
            state: "proven",
            confidence: "high",
            claim: `an iteration makes ${formatCount(perIteration)} requests and not the ${formatCount(declared.value)} that were declared: the load is another one than was meant`,
            evidence: [measured, evidence("requests an iteration that were declared", declared.key, formatCount(declared.value))],
            nextStep: "see which requests the script makes besides (a token given? DETAIL_RATIO above 0?), work the rate out again and run again",
          }),
        ],
      };
    }
    const setting = rateSetting(facts);
    const busiest = busiestSecond(facts);
    if (setting === undefined || busiest === undefined || perIteration < 1.5) return NOTHING;
    if (Math.abs(busiest / perIteration - setting.value) > NEAR * setting.value) return NOTHING;
    return {
      findings: [
        finding({
          rule: "D25",
          hop: undefined,
          effect: "risk",
          state: "proven",
          confidence: "high",
          claim: `${setting.key}=${formatCount(setting.value)} counts iterations: with ${formatCount(perIteration)} requests each, ${formatCount(busiest)} requests a second were sent at the peak`,
          evidence: [
            measured,
            evidence("rate that was asked for", setting.key, formatCount(setting.value)),
            evidence("requests sent at the peak", "client requests", formatPerSecond(busiest), { how: "95th percentile of the seconds" }),
          ],
          nextStep: `for ${formatCount(setting.value)} requests a second set ${setting.key}=${formatCount(setting.value / perIteration)}, and say in the report which of the two is meant`,
        }),
      ],
    };
  },
};

function declaredOf({ ledger }: RuleFacts): { readonly key: string; readonly value: number } | undefined {
  const { environment } = ledger.run.conditions;
  for (const [key, text] of [...Object.entries(environment), ...Object.entries(ledger.run.labels)]) {
    const value = Number(text);
    if (DECLARED.test(key) && value > 0) return { key, value };
  }
  return undefined;
}

function rateSetting({ ledger }: RuleFacts): { readonly key: string; readonly value: number } | undefined {
  const rates = Object.entries(ledger.run.conditions.environment).flatMap(([key, text]) => {
    const value = Number(text);
    return RATE_SETTING.test(key) && value > 0 ? [{ key, value }] : [];
  });
  return rates.find(({ key }) => PEAK.test(key)) ?? (rates.length === 1 ? rates[0] : undefined);
}

/** Requests a second in the busiest seconds; undefined without a client. */
function busiestSecond({ digest }: RuleFacts): number | undefined {
  const client = streamOf(loadOf(digest)?.total, "client");
  const seconds = Float64Array.from(client?.perSecond ?? []).sort();
  return seconds.length === 0 ? undefined : seconds[Math.ceil(0.95 * seconds.length) - 1];
}
