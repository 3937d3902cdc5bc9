import type { LedgerCell } from "../../model/ledger.ts";
import { cellsOf, countCells } from "./cell-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatOf, formatShare } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { frontOf, kindOf, loadOf, streamOf } from "./stream-facts.ts";

/** Connections were refused: on Linux that means that nobody was listening, not that too many came. */
export const refused: Rule = {
  id: "D5",
  title: "Nothing was listening",
  where: "because connections were refused",
  look({ digest, ledger }) {
    const load = loadOf(digest);
    const client = streamOf(load?.total, "client");
    if (load === undefined || client === undefined) return NOTHING;
    const count = kindOf(client, "dial_refused");
    if (count === 0) return NOTHING;
    const front = frontOf(digest);
    const cells = cellsOf(ledger, load.scope, client).filter(({ errorKind }) => errorKind === "dial_refused");
    const span = spanOf(cells);
    const inSpan =
      span === undefined
        ? 0
        : countCells(
            cellsOf(ledger, { startSecond: span.from, endSecond: span.to + 1 }, client).filter(({ errorKind }) => errorKind !== "dial_refused"),
          );
    const isAlways = count === client.count;
    return {
      findings: [
        finding({
          rule: "D5",
          hop: front,
          effect: "failure",
          state: "proven",
          confidence: "high",
          claim: `${isAlways ? `all ${formatOf(count, "request")}` : `${formatCount(count)} of ${formatOf(client.count, "request")}`} were refused a connection at once: nothing was listening where the client connects${isAlways ? "" : ", for a time"}`,
          requests: count,
          evidence: [
            evidence(
              "requests whose connection was refused",
              fieldOf(client, "error kind"),
              `${formatCount(count)} (${formatShare(count / client.count)})`,
              {
                n: client.count,
              },
            ),
            ...(span === undefined
              ? []
              : [
                  evidence(
                    "when",
                    fieldOf(client, "time"),
                    `seconds ${span.from - load.scope.startSecond} to ${span.to - load.scope.startSecond} of the load`,
                    { how: "first and last refusal" },
                  ),
                ]),
          ],
          counterEvidence:
            inSpan > 0 ? [evidence("requests that got a connection in the same time", fieldOf(client, "outcome"), formatCount(inSpan))] : [],
          nextStep: `check since when the process that listens is up and on which port (\`ss -ltnp\`, restarts of its service); on Windows raise the listen backlog, there a full queue refuses too`,
        }),
      ],
    };
  },
};

function spanOf(cells: readonly LedgerCell[]): { readonly from: number; readonly to: number } | undefined {
  const [first, last] = [cells[0], cells.at(-1)];
  return first === undefined || last === undefined ? undefined : { from: first.second, to: last.second };
}
