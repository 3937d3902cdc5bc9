import type { RunLedger } from "../../model/ledger.ts";
import type { Scope, Stream } from "../digest-types.ts";
import { cellsOf, countCells, latencyOfCells } from "./cell-facts.ts";
import { kindOf } from "./stream-facts.ts";

/** Formats of a line a request with all its phases. */
const TELLS_PHASES = /^k6-(json|csv)$/;

/**
 * Requests that gave up before they had a connection, by the client's stream of an endpoint ("" = all): those that say so (`dial`), and of a generator that
 * tells the times of every request those timeouts that have none (`unbegun`). k6 has one code for all timeouts and no times for what did not
 * begin (grafana/k6 lib/netext/httpext/tracer.go).
 */
export function unconnectedOf(
  ledger: RunLedger,
  scope: Pick<Scope, "startSecond" | "endSecond">,
  client: Stream,
  endpoint = "",
): { readonly dial: number; readonly unbegun: number } {
  const dial = kindOf(client, "dial_timeout");
  if (client.source !== "requests" || kindOf(client, "timeout_unknown") === 0 || !tellsPhases(ledger, client)) return { dial, unbegun: 0 };
  const cells = cellsOf(ledger, scope, client, endpoint).filter(({ errorKind }) => errorKind === "timeout_unknown");
  return { dial, unbegun: Math.max(0, countCells(cells) - (latencyOfCells(cells)?.count ?? 0)) };
}

function tellsPhases({ witnesses }: RunLedger, client: Stream): boolean {
  return witnesses.some(({ hop, name, format }) => hop === "client" && client.witnesses.includes(name) && TELLS_PHASES.test(format));
}
