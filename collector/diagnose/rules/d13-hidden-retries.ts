import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatOf, formatShare } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, statusesFrom, streamOf } from "./stream-facts.ts";

/** The proxy asked again where the application had failed, so that nobody outside saw it. */
export const hiddenRetries: Rule = {
  id: "D13",
  title: "Retries hide failures of the application",
  where: "at the application, hidden by the proxy's retries",
  look({ digest }) {
    const load = loadOf(digest);
    const proxy = streamOf(load?.total, "proxy");
    const tries = proxy?.sums.tries;
    if (load === undefined || proxy === undefined || tries === undefined) return NOTHING;
    // Requests that the proxy answered itself tell 0 tries.
    const asked = tries.n - Math.min(tries.n, proxy.sums.local?.sum ?? 0);
    const again = tries.sum - asked;
    if (again < 1) return NOTHING;
    const unreached = proxy.sums.failed_connects?.sum ?? 0;
    const application = streamOf(load.total, "application");
    const ok = statusesFrom(proxy, 200, 399);
    return {
      findings: [
        finding({
          rule: "D13",
          hop: "application",
          effect: "risk",
          state: "proven",
          confidence: "high",
          claim: `the proxy asked the application ${formatCount(tries.sum)} times for ${formatOf(asked, "request")}: ${formatOf(again, "failed try", "failed tries")} (${formatShare(again / tries.sum)}) that no client saw`,
          evidence: [
            evidence("tries at an upstream", fieldOf(proxy, "upstream_status"), formatCount(tries.sum), { n: tries.n }),
            evidence("requests that asked an upstream", fieldOf(proxy, "upstream_addr"), formatCount(asked), { n: proxy.count }),
            evidence("requests answered with success in the end", fieldOf(proxy, "status"), formatCount(ok), { n: proxy.count }),
            ...(proxy.sums.failed_connects === undefined
              ? []
              : [evidence("tries that did not reach an upstream", fieldOf(proxy, "upstream_connect_time"), formatCount(unreached))]),
            ...(application === undefined
              ? []
              : [evidence("requests that the application answered", fieldOf(application, "count"), formatCount(application.count))]),
          ],
          nextStep:
            "read the list in $upstream_status and the application's log for resets at those moments; retries of requests that write do it twice",
        }),
      ],
    };
  },
};
