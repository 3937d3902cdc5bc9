import type { Evidence } from "../diagnosis.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, meanOf, statusOf, streamOf } from "./stream-facts.ts";

/** ms: within one machine or network, connecting takes less on average. */
const SLOW_CONNECT_MS = 50;

/** The proxy did not get through to the application, or took long to connect. */
export const upstreamConnect: Rule = {
  id: "D12",
  title: "Proxy and application do not connect",
  where: "between proxy and application",
  look({ digest }) {
    const load = loadOf(digest);
    const proxy = streamOf(load?.total, "proxy");
    if (load === undefined || proxy === undefined) return NOTHING;
    const failed = proxy.sums.failed_connects?.sum ?? 0;
    const connectMs = meanOf(proxy.sums.upstream_connect);
    const badGateway = statusOf(proxy, 502);
    // 502 without a failed connect has another reason: the upstream broke off.
    const lost = failed > 0 ? badGateway : 0;
    const isSlow = connectMs !== undefined && connectMs >= SLOW_CONNECT_MS;
    if (failed === 0 && !isSlow) return NOTHING;
    const rows: Evidence[] = [];
    if (proxy.sums.failed_connects !== undefined)
      rows.push(
        evidence("tries that did not reach an upstream", fieldOf(proxy, "upstream_connect_time"), formatCount(failed), {
          n: proxy.sums.failed_connects.n,
          how: "`-` in the list",
        }),
      );
    if (connectMs !== undefined)
      rows.push(
        evidence("mean time to connect to an upstream", fieldOf(proxy, "upstream_connect_time"), formatMs(connectMs), {
          n: proxy.sums.upstream_connect?.n,
        }),
      );
    if (proxy.statuses.size > 0)
      rows.push(evidence("requests answered with 502", fieldOf(proxy, "status"), formatCount(badGateway), { n: proxy.count }));
    return {
      findings: [
        finding({
          rule: "D12",
          hop: "proxy",
          effect: lost > 0 ? "failure" : isSlow ? "slow" : "risk",
          state: "proven",
          confidence: "high",
          claim:
            failed > 0
              ? `the proxy did not reach the application in ${formatOf(failed, "try", "tries")}${badGateway > 0 ? ` and answered ${formatCount(badGateway)} with 502` : ", and another upstream took over"}`
              : `the proxy took ${formatMs(connectMs ?? 0)} on average to connect to the application`,
          requests: lost,
          evidence: rows,
          nextStep:
            "turn on keep-alive to the upstreams (`keepalive` with `proxy_http_version 1.1`), check that each upstream is up, and its listen backlog",
        }),
      ],
    };
  },
};
