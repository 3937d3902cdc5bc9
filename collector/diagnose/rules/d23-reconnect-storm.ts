import { mean } from "../../stats/summary.ts";
import { cellsOf, perSecond } from "./cell-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { faultsOf } from "./faults.ts";
import { finding } from "./finding.ts";
import { formatCount, formatPerSecond, formatTimes } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, streamOf } from "./stream-facts.ts";

const STORM = 3;
const LEAST_ATTEMPTS = 30;
/** Standard deviation over mean of the attempts a second: with backoff they thin out, with jitter they spread. */
const CONSTANT = 0.4;

/** After a disconnect all clients try again at once, and again, at the same pace: they knock down what is coming up. */
export const reconnectStorm: Rule = {
  id: "D23",
  title: "Reconnects without backoff",
  where: "by clients that reconnect all at once",
  look({ digest, ledger }) {
    const load = loadOf(digest);
    const client = streamOf(load?.total, "client");
    if (load === undefined || client === undefined) return NOTHING;
    const all = cellsOf(ledger, load.scope, client);
    const findings = faultsOf(ledger).flatMap((fault) => {
      const failed = all.filter(({ second, outcome }) => second >= fault.startSecond && outcome === "connection_error");
      const [first, last] = [failed[0]?.second, failed.at(-1)?.second];
      if (first === undefined || last === undefined) return [];
      const window = { startSecond: first, endSecond: last + 2 };
      const within = all.filter(({ second }) => second >= window.startSecond && second < window.endSecond);
      const attempts = within.filter(({ outcome, sums }) => outcome === "connection_error" || (sums.new_connection?.sum ?? 0) > 0);
      const lost = attempts.reduce((sum, { outcome, count }) => sum + (outcome === "connection_error" ? count : 0), 0);
      const made = attempts.reduce((sum, { outcome, sums }) => sum + (outcome === "connection_error" ? 0 : (sums.new_connection?.sum ?? 0)), 0);
      const total = lost + made;
      if (total < LEAST_ATTEMPTS || total < STORM * Math.max(1, made)) return [];
      const pace = perSecond(failed, { startSecond: first, endSecond: last + 1 });
      const average = mean(pace);
      const spread = Math.sqrt(mean(pace.map((count) => (count - average) ** 2))) / average;
      const isConstant = pace.length >= 3 && spread <= CONSTANT;
      return [
        finding({
          rule: "D23",
          hop: "client",
          effect: "failure",
          state: isConstant ? "proven" : "consistent",
          confidence: isConstant ? "high" : "medium",
          claim: `after "${fault.text}" the clients tried ${formatCount(total)} times to connect for ${formatCount(made)} connections (${formatTimes(total / Math.max(1, made))})${isConstant ? ", at the same pace all the time: without backoff" : ""}`,
          requests: lost,
          evidence: [
            evidence("attempts that failed", fieldOf(client, "outcome"), formatCount(lost), { n: total }),
            evidence("connections that came about in the same time", fieldOf(client, "connect"), formatCount(made)),
            evidence("attempts a second while it lasted", fieldOf(client, "time"), formatPerSecond(average), {
              n: pace.length,
              how: `varying by ${formatCount(Number((spread * 100).toFixed(0)))} % of it`,
            }),
          ],
          nextStep:
            "let clients wait longer after each failed attempt and by chance (exponential backoff with jitter), and limit how many connections are accepted a second",
        }),
      ];
    });
    return { findings };
  },
};
