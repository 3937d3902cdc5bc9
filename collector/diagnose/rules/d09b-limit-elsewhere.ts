import type { RunLedger } from "../../model/ledger.ts";
import type { Evidence, Finding } from "../diagnosis.ts";
import type { ScopeDigest, Stream } from "../digest-types.ts";
import { addSums, cellsOf, countCells } from "./cell-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatOf } from "./format-value.ts";
import { permitsOf } from "./gauge-facts.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, statusOf, streamOf, tolerance } from "./stream-facts.ts";

const MOSTLY = 0.9;

const SERVICE_UNAVAILABLE = 503;

/** 429 although the application had permits, or although it was never asked: another layer limits. */
export const limitElsewhere: Rule = {
  id: "D9b",
  title: "Another layer limits",
  where: "at a limit before the application",
  look({ digest, ledger, gauges }) {
    const load = loadOf(digest);
    const [client, proxy, application] = (["client", "proxy", "application"] as const).map((hop) => streamOf(load?.total, hop));
    const teller = proxy ?? client;
    if (load === undefined || teller === undefined) return NOTHING;
    const refused = proxy === undefined ? 0 : refusedByProxy(ledger, load, proxy);
    const turnedAway = statusOf(teller, 429);
    if (turnedAway === 0) return refused === 0 ? NOTHING : { findings: [refusal(proxy as Stream, refused)] };
    const permits = permitsOf(gauges, load.scope);
    const local =
      proxy === undefined
        ? { n: 0, sum: 0 }
        : addSums(
            cellsOf(ledger, load.scope, proxy).filter(({ status }) => status === 429),
            "local",
          );
    const byApplication = application === undefined || application.isUnsure ? undefined : statusOf(application, 429);
    const isByProxy = local.n > 0 && local.sum >= MOSTLY * turnedAway;
    const isNotByApplication = byApplication !== undefined && turnedAway - byApplication > tolerance(load, turnedAway);
    const haveRoom = permits?.areAmple === true && (byApplication === undefined || byApplication === 0);
    if (!isByProxy && !isNotByApplication && !haveRoom) return NOTHING;
    const rows: Evidence[] = [evidence("requests answered with 429", fieldOf(teller, "status"), formatCount(turnedAway), { n: teller.count })];
    if (local.n > 0)
      rows.push(
        evidence("of these answered by the proxy itself", fieldOf(teller, "upstream_addr"), formatCount(local.sum), {
          n: local.n,
          how: "no upstream was asked",
        }),
      );
    if (application !== undefined && byApplication !== undefined)
      rows.push(
        evidence("requests that the application answered with 429", fieldOf(application, "status"), formatCount(byApplication), {
          n: application.count,
        }),
      );
    if (permits !== undefined)
      rows.push(
        evidence("fewest request permits left", permits.field, `${formatCount(permits.least)} of ${formatCount(permits.limit)}`, {
          n: permits.points,
        }),
      );
    const count = isByProxy ? local.sum : turnedAway - (byApplication ?? 0);
    return {
      findings: [
        finding({
          rule: "D9b",
          hop: isByProxy || application !== undefined ? (proxy === undefined ? "network" : "proxy") : "network",
          effect: "failure",
          state: isByProxy || isNotByApplication ? "proven" : "consistent",
          confidence: isByProxy || (isNotByApplication && proxy !== undefined) ? "high" : "medium",
          claim: isByProxy
            ? `the proxy turned ${formatOf(count, "request")} away with 429 by itself, without asking the application`
            : `${formatOf(count, "request")} got 429 ${haveRoom ? "while the application had permits left" : "that the application did not give"}: another layer limits`,
          requests: count,
          evidence: rows,
          nextStep:
            "look at limit_req and limit_conn of the proxy (and its error log: `limiting requests`), and at gateways before it; raise them or send less",
        }),
      ],
    };
  },
};

/**
 * Requests that the proxy answered with 503 by itself: the status of limit_req and limit_conn where no other is set (nginx ngx_http_limit_req_module). Where all
 * got it, the test is none, and that is told elsewhere.
 */
export function refusedByProxy(ledger: RunLedger, { scope }: ScopeDigest, proxy: Stream): number {
  const cells = cellsOf(ledger, scope, proxy).filter(({ status }) => status === SERVICE_UNAVAILABLE);
  const { n, sum } = addSums(cells, "local");
  return n === 0 || sum < MOSTLY * countCells(cells) || sum >= MOSTLY * proxy.count ? 0 : sum;
}

function refusal(proxy: Stream, refused: number): Finding {
  return finding({
    rule: "D9b",
    hop: "proxy",
    effect: "failure",
    state: "proven",
    confidence: "high",
    claim: `the proxy turned ${formatOf(refused, "request")} away with 503 by itself, without asking the application: a limit of its own, as far as its status tells`,
    requests: refused,
    evidence: [
      evidence("requests answered with 503 by the proxy itself", fieldOf(proxy, "status, upstream_addr"), formatCount(refused), {
        n: proxy.count,
        how: "no upstream was asked",
      }),
    ],
    nextStep:
      "look at limit_req and limit_conn of the proxy (and its error log: `limiting requests`), and give them a status of their own (`limit_req_status 429`); raise them or send less",
  });
}
