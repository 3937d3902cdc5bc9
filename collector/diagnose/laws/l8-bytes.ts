import { counterSum } from "../digest/gauge-sums.ts";
import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import { formatCount } from "./format-count.ts";
import type { Law, LawContext } from "./law.ts";
import { balanced, counted, unknown } from "./law.ts";
import { allowanceOf } from "./tolerance.ts";

/** Bytes of headers of an answer that one side may count and the other not. */
const HEADER_BYTES = 1024;
/** Rounding of a generator that writes megabytes, framing. */
const ROUGH = 0.01;

/**
 * L8: bytes of the answers that the proxy (or else the application) handed over = bytes that the client received. Positive: handed to the socket and never
 * received.
 */
export const bytes: Law = (digest, endpoint, context) => {
  const client = endpoint.streams.get("client");
  const server = [endpoint.streams.get("proxy"), endpoint.streams.get("application")].find((stream) => stream?.sums.response_bytes !== undefined);
  const where = server?.hop ?? "proxy";
  const statement = `bytes handed over by the ${where} = bytes received by the client`;
  if (client === undefined) return [];
  const received = receivedBytes(digest, endpoint, client, context);
  const sent = server?.sums.response_bytes?.sum;
  if (received === undefined && sent === undefined) return [];
  if (received === undefined || sent === undefined || server === undefined) {
    // Of one endpoint most generators do not tell; the total says it once.
    if (endpoint.endpoint !== "") return [];
    const note =
      received === undefined
        ? "the generator does not tell the bytes it received"
        : "no witness tells the bytes of the answers: give the proxy's access log";
    return [unknown("L8", digest, endpoint, { statement, note, left: sent, right: received?.sum })];
  }
  if (server.isUnsure) return [];
  const requests = allowanceOf(digest, context, client, server);
  const meanBytes = sent / Math.max(1, server.count);
  const value = Math.ceil(requests.value * meanBytes + Math.max(client.count, server.count) * HEADER_BYTES + ROUGH * sent);
  const difference = sent - received.sum;
  return [
    balanced({
      law: "L8",
      digest,
      endpoint,
      statement,
      left: sent,
      right: received.sum,
      allowance: { value, note: `tolerance: ${HEADER_BYTES} bytes of headers an answer, 1 %, and requests under way` },
      notes: difference > value ? [`${formatCount(difference)} bytes were handed to the socket and never received`] : [],
      evidence: [
        {
          ...counted(digest, `bytes of answers of the ${where}`, server, sent),
          value: `${formatCount(sent)} bytes`,
          n: server.sums.response_bytes?.n,
        },
        {
          ...counted(digest, "bytes that the client received", client, received.sum),
          value: `${formatCount(received.sum)} bytes`,
          field: received.field,
        },
      ],
    }),
  ];
};

/** Of all endpoints together k6 counts bytes as `data_received`. */
function receivedBytes(digest: ScopeDigest, { endpoint }: EndpointView, client: Stream, { ledger }: LawContext) {
  const told = client.sums.response_bytes;
  if (told !== undefined) return { sum: told.sum, field: `${client.witnesses.join(" + ")} bytes of answers` };
  const sum = endpoint === "" ? counterSum(ledger, "data_received", digest.scope) : undefined;
  return sum === undefined ? undefined : { sum, field: "data_received" };
}
