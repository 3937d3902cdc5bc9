import type { JoinPart } from "../../model/ledger.ts";
import type { EndpointView } from "../digest-types.ts";
import { meanOf } from "./stream-facts.ts";

/** Fewer requests than this that were seen at both ends are no mean. */
const LEAST_JOINED = 20;

/** Mean ms of a part over the requests that told it; undefined for too few of them. */
export function joinMean(view: EndpointView, part: JoinPart): { readonly ms: number; readonly n: number } | undefined {
  const told = view.joins[part];
  const ms = meanOf(told);
  return told === undefined || ms === undefined || told.n < LEAST_JOINED ? undefined : { ms, n: told.n };
}
