import type { RunLedger } from "../../model/ledger.ts";
import type { Evidence } from "../diagnosis.ts";
import type { ScopeDigest, Stream } from "../digest-types.ts";
import { addSums, cellsOf } from "./cell-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, meanOf, statusOf, streamOf } from "./stream-facts.ts";

/** ms: within one machine or network, connecting takes less on average. */
const SLOW_CONNECT_MS = 50;
/** ms, in which the other side's kernel refuses. */
const AT_ONCE_MS = 50;
const BAD_GATEWAY = 502;

/** The proxy did not get through to the application, or took long to connect. */
export const upstreamConnect: Rule = {
  id: "D12",
  title: "Proxy and application do not connect",
  where: "between proxy and application",
  look({ digest, ledger }) {
    const load = loadOf(digest);
    const proxy = streamOf(load?.total, "proxy");
    if (load === undefined || proxy === undefined) return NOTHING;
    const failed = proxy.sums.failed_connects?.sum ?? 0;
    const connectMs = meanOf(proxy.sums.upstream_connect);
    const badGateway = statusOf(proxy, BAD_GATEWAY);
    // 502 without a failed connect has another reason: the upstream broke off.
    const lost = failed > 0 ? badGateway : 0;
    const isSlow = connectMs !== undefined && connectMs >= SLOW_CONNECT_MS;
    if (failed === 0 && !isSlow) return NOTHING;
    // A port on which nobody listens refuses at once; a full queue or a lost packet lets the proxy wait.
    const failedMs = failedTriesMs(ledger, load, proxy);
    const isRefused = failed > 0 && failedMs !== undefined && failedMs <= AT_ONCE_MS;
    const rows: Evidence[] = [];
    if (failedMs !== undefined)
      rows.push(
        evidence("mean time after which such a try had failed", fieldOf(proxy, "upstream_response_time"), formatMs(failedMs), {
          how: isRefused ? "refused: nothing was listening" : "",
        }),
      );
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
          hop: isRefused ? "application" : "proxy",
          effect: lost > 0 ? "failure" : isSlow ? "slow" : "risk",
          state: "proven",
          confidence: "high",
          claim:
            failed > 0
              ? `${isRefused ? `the application refused the proxy's connection at once in ${formatOf(failed, "try", "tries")}: nothing was listening there` : `the proxy did not reach the application in ${formatOf(failed, "try", "tries")}`}${badGateway > 0 ? `${isRefused ? "," : ""} and the proxy answered ${formatOf(badGateway, "request")} with 502` : ", and another upstream took over"}`
              : `the proxy took ${formatMs(connectMs ?? 0)} on average to connect to the application`,
          requests: lost,
          evidence: rows,
          nextStep: isRefused
            ? "check since when the application's process is up and on which port it listens (`ss -ltnp`, restarts of its service, its last log lines)"
            : "turn on keep-alive to the upstreams (`keepalive` with `proxy_http_version 1.1`), check that each upstream is up, and its listen backlog",
        }),
      ],
    };
  },
};

/** ms that the proxy spent on requests none of whose tries reached an upstream; undefined where its log does not tell. */
function failedTriesMs(ledger: RunLedger, { scope }: ScopeDigest, proxy: Stream): number | undefined {
  const cells = cellsOf(ledger, scope, proxy).filter(
    ({ status, count, sums }) => status === BAD_GATEWAY && (sums.failed_connects?.sum ?? 0) >= count,
  );
  const { n, sum } = addSums(cells, "upstream_response");
  return n === 0 ? undefined : sum / n;
}
