import type { Hop } from "../../model/catalog.ts";
import type { Finding } from "../diagnosis.ts";
import type { ScopeDigest, Stream } from "../digest-types.ts";
import { addSums, cellsOf, countCells } from "./cell-facts.ts";
import { refusedByProxy } from "./d09b-limit-elsewhere.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { kindOf, loadOf, statusesFrom, statusOf, streamOf, tolerance } from "./stream-facts.ts";

const MOSTLY = 0.9;
const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;

/** Errors that came as a status: given by the application, or by a proxy that got nothing from it. 429 and tests that are none have rules of their own. */
export const errorStatuses: Rule = {
  id: "L6",
  title: "Errors that were answered",
  where: "with an error status",
  look(facts) {
    const load = loadOf(facts.digest);
    if (load === undefined) return NOTHING;
    const teller = streamOf(load.total, "client") ?? streamOf(load.total, "proxy") ?? streamOf(load.total, "application");
    return teller === undefined
      ? NOTHING
      : { findings: [...serverErrors(facts, load, teller), ...clientErrors(load, teller), ...failedChecks(teller)] };
  },
};

function serverErrors(facts: RuleFacts, load: ScopeDigest, teller: Stream): readonly Finding[] {
  const [proxy, application] = [streamOf(load.total, "proxy"), streamOf(load.total, "application")];
  // What the proxy's own limits turned away has a rule of its own, as has a test that is none.
  const limited = proxy === undefined || statusOf(teller, 429) > 0 ? 0 : refusedByProxy(facts.ledger, load, proxy);
  const count = statusesFrom(teller, 500, 999) - Math.max(limited, refusedBy(load, teller, [503]));
  if (count <= 0) return [];
  const own = application === undefined ? undefined : statusesFrom(application, 500, 999);
  const seen = evidence("requests answered with 5xx", fieldOf(teller, "status"), formatCount(count), { n: teller.count });
  if (application !== undefined && own !== undefined && own + tolerance(load, own) >= MOSTLY * count && own > 0)
    return [
      blame("application", "high", "proven", own, `the application answered ${formatOf(Math.min(own, count), "request")} with 5xx itself`, [
        seen,
        evidence("requests that the application answered with 5xx", fieldOf(application, "status"), formatCount(own), { n: application.count }),
      ]),
    ];
  if (proxy === undefined)
    return application === undefined
      ? [blame(undefined, "low", "consistent", count, `${formatOf(count, "request")} were answered with 5xx, by whom is not known`, [seen])]
      : [blame("network", "medium", "consistent", count, `${formatOf(count, "request")} got 5xx that the application did not give`, [seen])];
  return gatewayErrors(facts, load, proxy, application, count, seen);
}

/** 5xx at the proxy that the application does not know of. */
function gatewayErrors(
  { ledger }: RuleFacts,
  load: ScopeDigest,
  proxy: Stream,
  application: Stream | undefined,
  count: number,
  seen: Finding["evidence"][number],
): readonly Finding[] {
  const cells = cellsOf(ledger, load.scope, proxy).filter(({ status }) => status !== undefined && status >= 500);
  const local = addSums(cells, "local");
  if (local.n > 0 && local.sum >= MOSTLY * countCells(cells))
    return [
      blame(
        "proxy",
        "high",
        "proven",
        local.sum,
        `the proxy answered ${formatOf(local.sum, "request")} with 5xx by itself, without asking the application`,
        [seen, evidence("of these answered by the proxy itself", fieldOf(proxy, "upstream_addr"), formatCount(local.sum), { n: local.n })],
      ),
    ];
  // What did not reach an upstream has a rule of its own.
  if ((proxy.sums.failed_connects?.sum ?? 0) > 0 && statusOf(proxy, BAD_GATEWAY) >= MOSTLY * count) return [];
  const timedOut = statusOf(proxy, GATEWAY_TIMEOUT);
  const upstream = addSums(
    cells.filter(({ status }) => status === GATEWAY_TIMEOUT),
    "upstream_response",
  );
  if (timedOut >= MOSTLY * count)
    return [
      blame(
        "application",
        upstream.n > 0 ? "high" : "medium",
        "proven",
        timedOut,
        `the proxy gave up ${formatOf(timedOut, "request")} with 504${upstream.n > 0 ? ` after waiting ${formatMs(upstream.sum / upstream.n)} for the application` : ""}`,
        [seen, evidence("requests answered with 504", fieldOf(proxy, "status"), formatCount(timedOut), { n: proxy.count })],
      ),
    ];
  const known =
    application === undefined
      ? []
      : [
          evidence(
            "requests that the application answered with 5xx",
            fieldOf(application, "status"),
            formatCount(statusesFrom(application, 500, 999)),
            { n: application.count },
          ),
        ];
  return [
    blame(
      "proxy",
      application === undefined ? "low" : "medium",
      "consistent",
      count,
      `${formatOf(count, "request")} were answered with 5xx by the proxy, ${application === undefined ? "its own or the application's" : "not by the application"}`,
      [seen, ...known],
    ),
  ];
}

/** Requests to endpoints that answered all of them so: those make the test invalid, and are told there. */
function refusedBy(load: ScopeDigest, teller: Stream, statuses: readonly number[]): number {
  return load.endpoints.reduce((sum, view) => {
    const stream = streamOf(view, teller.hop);
    const own = stream === undefined ? 0 : Math.max(...statuses.map((status) => statusOf(stream, status)));
    return stream !== undefined && own === stream.count ? sum + own : sum;
  }, 0);
}

function clientErrors(load: ScopeDigest, teller: Stream): readonly Finding[] {
  const count = statusesFrom(teller, 400, 498) - statusOf(teller, 429) - refusedBy(load, teller, [401, 403, 404]);
  if (count <= 0) return [];
  const statuses = [...teller.statuses]
    .filter(([status]) => status >= 400 && status < 499 && status !== 429)
    .map(([status, times]) => `${status}: ${formatCount(times)}`);
  return [
    blame(
      "application",
      "medium",
      "consistent",
      count,
      `${formatOf(count, "request")} were answered with 4xx: what was asked for is not there, or not allowed`,
      [evidence("requests answered with 4xx", fieldOf(teller, "status"), statuses.join(", "), { n: teller.count })],
    ),
  ];
}

function failedChecks(teller: Stream): readonly Finding[] {
  const count = teller.outcomes.get("check_failed") ?? 0;
  if (count === 0) return [];
  return [
    blame(
      "application",
      "medium",
      "proven",
      count,
      `${formatOf(count, "answer")} came with a status that the script does not expect, or failed its checks`,
      [
        evidence("answers that failed the script's checks", fieldOf(teller, "outcome"), formatCount(count), {
          n: teller.count,
          how: `${formatCount(kindOf(teller, "body_check"))} by their body`,
        }),
      ],
    ),
  ];
}

function blame(
  hop: Hop | undefined,
  confidence: Finding["confidence"],
  state: Finding["state"],
  requests: number,
  claim: string,
  rows: Finding["evidence"],
): Finding {
  return finding({
    rule: "L6",
    hop,
    effect: "failure",
    state,
    confidence,
    claim,
    requests,
    evidence: rows,
    nextStep:
      hop === "proxy"
        ? "read the proxy's error log of these seconds"
        : "read the application's log records of these requests, which are kept with the run",
  });
}
