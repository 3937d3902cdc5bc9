import type { Finding } from "../diagnosis.ts";
import type { EndpointView, Stream } from "../digest-types.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatOf, formatShare } from "./format-value.ts";
import type { Rule } from "./rule.ts";
import { loadOf, outermostOf, sumOf } from "./stream-facts.ts";

/** What an answer that is the same for everybody says of the set-up, and what mends it. */
const REFUSALS: ReadonlyMap<number, { readonly why: string; readonly next: string }> = new Map([
  [401, { why: "its credentials are not accepted", next: "get a fresh access token, give it to the script (AUTH_TOKEN) and run again" }],
  [403, { why: "its credentials do not allow it", next: "use an account that may call it, then run again" }],
  [404, { why: "what it asks for is not there", next: "import the data set that the script takes its ids from into the target, then run again" }],
  [
    503,
    { why: "the entry is turned off or not configured", next: "look at the body of the answer (creation_entry_disabled?) and turn the entry on" },
  ],
]);
/** Fewer requests than this may all have met the same accident. */
const LEAST_REQUESTS = 5;
/** Of all requests: some may have got no answer at all. */
const NEARLY_ALL = 0.95;

/** An endpoint that refuses everybody from the first second on measures the set-up, not the capacity. */
export const testInvalid: Rule = {
  id: "D0",
  title: "The test is invalid",
  where: "because the test is set up wrongly",
  look({ digest }) {
    const load = loadOf(digest);
    const findings = (load?.endpoints ?? []).flatMap((view) => {
      const stream = outermostOf(view);
      return stream === undefined ? [] : refusalOf(view, stream);
    });
    return { findings };
  },
};

function refusalOf(view: EndpointView, stream: Stream): readonly Finding[] {
  const answered = [...stream.statuses].filter(([status, count]) => status > 0 && count > 0);
  const [only, ...others] = answered;
  if (only === undefined || others.length > 0) return [];
  const [status, count] = only;
  const refusal = REFUSALS.get(status);
  if (refusal === undefined || count < LEAST_REQUESTS || count < NEARLY_ALL * stream.count) return [];
  const proxy = view.streams.get("proxy");
  const isByProxy = status === 503 && proxy !== undefined && (sumOf(proxy, "local") ?? 0) >= NEARLY_ALL * proxy.count;
  return [
    finding({
      rule: "D0",
      hop: undefined,
      effect: "invalid",
      state: "proven",
      confidence: isByProxy ? "medium" : "high",
      claim: `${view.endpoint} answered ${status} to ${count === stream.count ? "all" : `${formatCount(count)} of`} ${formatOf(stream.count, "request")}: ${isByProxy ? "the proxy refused them itself" : refusal.why}`,
      endpoint: view.endpoint,
      requests: count,
      evidence: [
        evidence(
          `requests to ${view.endpoint} answered with ${status}`,
          fieldOf(stream, "status"),
          `${formatCount(count)} (${formatShare(count / stream.count)})`,
          {
            n: stream.count,
          },
        ),
        evidence(`other answers of ${view.endpoint}`, fieldOf(stream, "status"), "0", { n: stream.count }),
      ],
      nextStep: isByProxy
        ? "see which rule of the proxy answers 503 (limit_req, limit_conn, no live upstream) before measuring anything behind it"
        : refusal.next,
    }),
  ];
}
