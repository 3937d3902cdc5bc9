import type { LoadRequest } from "../../model/load-record.ts";

/** What an access log leaves open, by one of its requests: in words, [] where it has all that a diagnosis asks for. */
export function missingFields({ durationMs, proxy, stampStepMs }: LoadRequest): readonly string[] {
  const missing: string[] = [];
  if (durationMs === undefined) missing.push("how long requests took ($request_time)");
  if (proxy?.askedUpstream === undefined) missing.push("whether and which upstream was asked ($upstream_addr, $upstream_status)");
  if (proxy?.complete === undefined) missing.push("whether answers were handed over whole ($request_completion)");
  if (stampStepMs >= 1000) missing.push("when within a second ($msec)");
  return missing;
}
