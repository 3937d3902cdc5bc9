import type { EndpointView, Stream } from "../../../diagnose/digest-types.ts";
import { streamOf } from "../../../diagnose/rules/stream-facts.ts";

/** The requests that a server's work is divided by: those that came to the application, else to the proxy, else were sent. Sampled ones are no count. */
export function requestsOf(view: EndpointView): Stream | undefined {
  return (["application", "proxy", "client"] as const).map((hop) => streamOf(view, hop)).find((stream) => stream !== undefined && !stream.isUnsure);
}
