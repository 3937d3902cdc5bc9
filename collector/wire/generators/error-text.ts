import type { ErrorKind } from "../../model/load-outcome.ts";

/** Longer texts (stack traces, bodies) tell nothing more about the kind and would fill the ledger. */
export const MAX_ERROR_CHARACTERS = 500;

export function boundedText(text: string): string {
  return text.length <= MAX_ERROR_CHARACTERS ? text : `${text.slice(0, MAX_ERROR_CHARACTERS)}…`;
}

/** In this order: the first that matches decides, so a narrower word stands before a wider one. */
const KINDS: readonly (readonly [RegExp, ErrorKind])[] = [
  [/ENOTFOUND|EAI_AGAIN|no such host|name or service not known|name resolution|UnknownHost|getaddrinfo|\bdns\b/i, "dns"],
  [/ECONNREFUSED|connection refused|actively refused|HttpHostConnectException/i, "dial_refused"],
  [
    /dial tcp[^:]*:?[^:]*: i\/o timeout|dial: i\/o timeout|ConnectTimeout|connect(ion)? timed? ?out|ConnectTimeoutError|UND_ERR_CONNECT_TIMEOUT/i,
    "dial_timeout",
  ],
  [/\btls\b|\bssl|certificate|x509|handshake|ERR_TLS|CERT_/i, "tls"],
  [/timeout exceeded while awaiting headers|read timed out|ReadTimeout|UND_ERR_HEADERS_TIMEOUT/i, "timeout_wait"],
  [/while reading body|UND_ERR_BODY_TIMEOUT/i, "timeout_recv"],
  [/ETIMEDOUT|ESOCKETTIMEDOUT|SocketTimeout|deadline exceeded|timed? ?out|\btimeout\b/i, "timeout_unknown"],
  [/EPIPE|broken ?pipe/i, "broken_pipe"],
  [
    /ECONNRESET|reset by peer|connection reset|ConnectionReset|socket hang up|RemoteDisconnected|closed before message|premature(?:ly)? close|connection aborted|ConnectionAborted/i,
    "reset",
  ],
  [/\bEOF\b|NoHttpResponse|malformed|parse error|HPE_|protocol error|ProtocolError|bad chunk|GOAWAY|stream error|ProtocolException/i, "protocol"],
  [/deadline|cancel+ed|aborted|interrupted|shutting down/i, "aborted"],
];

const STATUS = /\b(?:status(?: code)?|found|code|HTTP(?:\/[\d.]+)?|HTTPError\(')\s*:?\s*([1-5]\d\d)\b|^([45]\d\d)\b/i;
const CHECK = /expect|assert|capture|match|\.find\.|jsonPath|bodyString|content/i;

/** The kind that a message of a client library means. Words of Go, Node, Python, Java and Rust clients; `other` when none is known. */
export function errorKindOfText(text: string): ErrorKind {
  const bounded = text.slice(0, MAX_ERROR_CHARACTERS);
  for (const [words, kind] of KINDS) if (words.test(bounded)) return kind;
  const status = statusInText(bounded);
  if (status !== undefined && status >= 400) return status === 429 ? "http_429" : status >= 500 ? "http_5xx" : "http_4xx";
  return CHECK.test(bounded) ? "body_check" : "other";
}

/** The status that a message names: `status.find.is(200), but actually found 503`, `500 Server Error`, `429 Too Many Requests`. */
export function statusInText(text: string): number | undefined {
  const bounded = text.slice(0, MAX_ERROR_CHARACTERS);
  const last = /actually found (\d{3})\b/.exec(bounded);
  const found = last ?? STATUS.exec(bounded);
  return found === null ? undefined : Number(found[1] ?? found[2]);
}
