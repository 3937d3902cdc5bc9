import type { Attributes } from "../../model/attributes.ts";
import type { ProxyView, UpstreamTry } from "../../model/load-record.ts";
import type { AttributeBuilder } from "./attribute-builder.ts";
import { flagAt, numberAt, numbersAt, textsAt } from "./attribute-reading.ts";

/*
 * What only a proxy can tell, as attributes of its span:
 *   loadtest.proxy.tries           how many upstream tries; present on every span of a proxy
 *   loadtest.proxy.complete        whether the answer was handed over to its last byte
 *   loadtest.proxy.asked_upstream  false: the proxy answered by itself
 *   loadtest.proxy.connection      serial number of the client's connection
 *   loadtest.proxy.upstream.{address,status,connect_ms,header_ms,response_ms,redirect}  arrays, one element a try; −1 = not reached
 */
const NOT_REACHED = -1;

export function addProxyView(attributes: AttributeBuilder, { tries, complete, askedUpstream, connection }: ProxyView): void {
  const each = (read: (one: UpstreamTry) => number | undefined) => tries.map((one) => read(one) ?? NOT_REACHED);
  attributes
    .count("loadtest.proxy.tries", tries.length)
    .flag("loadtest.proxy.complete", complete)
    .flag("loadtest.proxy.asked_upstream", askedUpstream)
    .count("loadtest.proxy.connection", connection);
  if (tries.length === 0) return;
  attributes
    .texts(
      "loadtest.proxy.upstream.address",
      tries.map(({ address }) => address),
    )
    .counts(
      "loadtest.proxy.upstream.status",
      each(({ status }) => status),
    )
    .numbers(
      "loadtest.proxy.upstream.connect_ms",
      each(({ connectMs }) => connectMs),
    )
    .numbers(
      "loadtest.proxy.upstream.header_ms",
      each(({ headerMs }) => headerMs),
    )
    .numbers(
      "loadtest.proxy.upstream.response_ms",
      each(({ responseMs }) => responseMs),
    )
    .counts(
      "loadtest.proxy.upstream.redirect",
      each(({ redirect }) => redirect),
    );
}

export function readProxyView(attributes: Attributes): ProxyView | undefined {
  if (numberAt(attributes, "loadtest.proxy.tries") === undefined) return undefined;
  return {
    tries: readTries(attributes),
    complete: flagAt(attributes, "loadtest.proxy.complete"),
    askedUpstream: flagAt(attributes, "loadtest.proxy.asked_upstream"),
    connection: numberAt(attributes, "loadtest.proxy.connection"),
  };
}

/** As many as there are addresses: the arrays that others sent may be of any length. */
function readTries(attributes: Attributes): readonly UpstreamTry[] {
  const addresses = textsAt(attributes, "loadtest.proxy.upstream.address");
  if (addresses.length === 0) return [];
  const numbers = (name: string) => numbersAt(attributes, `loadtest.proxy.upstream.${name}`);
  const [statuses, connects, headers, responses, redirects] = ["status", "connect_ms", "header_ms", "response_ms", "redirect"].map(numbers);
  return addresses.map((address, index) => ({
    address,
    status: reached(statuses?.[index]),
    connectMs: reached(connects?.[index]),
    headerMs: reached(headers?.[index]),
    responseMs: reached(responses?.[index]),
    redirect: reached(redirects?.[index]) ?? 0,
  }));
}

function reached(value: number | undefined): number | undefined {
  return value === undefined || !(value >= 0) ? undefined : value;
}
