/** One rule of the wire: what is given, what we do, what otelcol does (read from its source), and the file whose tests begin with its id. */
export interface ConformanceRow {
  readonly id: string;
  readonly given: string;
  readonly ours: string;
  readonly otelcol: string;
  readonly test: string;
}

export interface ConformanceGroup {
  readonly title: string;
  readonly rows: readonly ConformanceRow[];
}

/** `id | given | ours | otelcol [| test file]`; "same" under otelcol means: as we do. */
function group(title: string, file: string, table: string): ConformanceGroup {
  const rows = table
    .trim()
    .split("\n")
    .map((line) => {
      const [id = "", given = "", ours = "", otelcol = "", test = file] = line.split(" | ").map((cell) => cell.trim());
      return { id, given, ours, otelcol, test };
    });
  return { title, rows };
}

const JUDGE_HTTP = "test/unit/exporters/otlp_http/judge-answer.test.ts";
const EXPORT_HTTP = "test/unit/exporters/otlp_http/otlp-http.test.ts";
const JUDGE_GRPC = "test/unit/exporters/otlp_grpc/judge-status.test.ts";

export const CONFORMANCE: readonly ConformanceGroup[] = [
  group(
    "HTTP: routing, methods, media types",
    "test/conformance/http.test.ts",
    `
H-01 | POST of a valid request to \`/v1/traces\`, \`/v1/metrics\`, \`/v1/logs\` | 200 | same
H-02 | POST to \`/v1development/profiles\` | 404, the text says that profiles are not received | served when a profiles pipeline exists
H-03 | configured \`traces_url_path\`, \`metrics_url_path\`, \`logs_url_path\` | honoured, a missing leading \`/\` is added, what is no path is a config error | same
H-04 | unknown path; signal without a pipeline; trailing slash | 404; the text names the paths that exist and what was probably meant | 404 \`404 page not found\`
H-05 | GET, PUT, DELETE on a signal path | 405 with \`Allow: POST\` | 405 without \`Allow\`
H-06 | POST without Content-Type | 415 | same
H-07 | POST of \`text/plain\`, \`application/grpc\` | 415 | same
H-08 | media type with parameters or in another case | accepted, answered with the bare type | same
H-09 | wrong method and wrong type | 405: the method is judged first | same
H-10 | Content-Type of the answer | the request's own, for success and error | same
H-11 | authentication fails and the body is bad | 401 before the body is read | same
H-12 | HEAD, OPTIONS without CORS | 405 | same
H-13 | pipelining, keep-alive, \`Connection: close\`, chunked bodies, \`Expect: 100-continue\`, no HTTP at all | handled; garbage is 400; a body that breaks off is counted | same
H-14 | HTTP/2 | over TLS by ALPN, and without TLS to a client that begins with its preface | only over TLS | test/conformance/tls.test.ts`,
  ),
  group(
    "HTTP: bodies and success",
    "test/conformance/bodies.test.ts",
    `
B-01 | full success, protobuf | 0 bytes (\`partial_success\` unset, as the spec demands) | 2 bytes: an empty sub-message that is set
B-02 | full success, JSON | \`{}\` | \`{"partialSuccess":{}}\`
B-03 | protobuf request of 0 bytes | 200, nothing passed on or counted | same
B-04 | resources without items | 200, nothing passed on | same
B-05 | JSON request of 0 bytes | 400 "empty JSON body" | 400
B-06 | JSON array, string, number, null at the top | 400 | same
B-07 | garbage behind the JSON object | 400 | accepted: the parser stops
B-08 | truncated protobuf, arbitrary bytes | 400 with Status code 3 | same
B-09 | id of the wrong length | partial success: that item is rejected, the rest goes on | 400 for the whole request
B-10 | unknown protobuf fields, future enum values | accepted; unknown fields counted by name and number | ignored
B-11 | withdrawn \`instrumentation_library_*\` (field 1000) | read as \`scope_*\` | same
B-12 | the pipeline rejects a part for good | 200 with \`partial_success\` and the count | never produced
B-13 | a warning only | 0 rejected and a message | never produced
B-14 | the rejected count in JSON | a string, as int64 is | –
B-15 | a very long message | cut to 1 KiB | –
B-16 | answers of other servers, we being the client | 0 bytes, \`0a 00\`, \`{}\`, \`{"partialSuccess":{}}\`, any 2xx are success; partial rejections count as lost | partial rejections are only logged | ${JUDGE_HTTP}`,
  ),
  group(
    "Compression and size",
    "test/conformance/compression.test.ts",
    `
C-01 | no encoding; gzip (of several members too) | accepted | same
C-02 | deflate, zlib, zstd (of several frames too), snappy (block and framed) | accepted; lz4 is refused; \`compression_algorithms\` narrows | lz4 as well
C-03 | \`identity\` | accepted | 400 (known as a bug there)
C-04 | \`GZIP\`; \`gzip, gzip\` | any case is accepted; a list is 415 | both 400
C-05 | \`br\` or unknown | 400, the text names what is supported | 400
C-06 | header says gzip, body is not | 400 with code 3 | same
C-07 | compressed body truncated, wrong checksum, trailing garbage | 400 | same
C-08 | damaged bodies of every encoding | never a crash, never a 5xx | panics are recovered
C-09 | compressed body over the limit | 413 (default limit 64 MiB) | 400 (default 20 MiB)
C-10 | small body that expands over the limit | 413; inflating stops at the limit, memory stays bounded | the limit is applied to the expanded body
C-11 | Content-Length over the limit | 413 before the body is read, then the connection ends | read, then refused
C-12 | gRPC message over the limit | RESOURCE_EXHAUSTED without RetryInfo, on its announcement (default 64 MiB) | the same at 4 MiB | test/conformance/grpc.test.ts
C-13 | why: decompression bombs (CVE-2024-36129) | the default limit holds for the expanded body | same`,
  ),
  group(
    "Errors, status, throttling",
    "test/conformance/errors.test.ts",
    `
E-01 | any 4xx, 5xx | \`google.rpc.Status\` in the request's type, JSON where that is unknown | text/plain for 404, 405, 415
E-02 | undecodable request | 400, code 3; for JSON with the path as a \`BadRequest\` violation | 400, code 3, no details
E-03 | permanent failure in the pipeline | partial success with what was lost; 500, code 13 for a fault of ours | 500, code 13
E-04 | temporary failure in the pipeline | 503, code 14, with Retry-After | 503 without
E-05 | queue full, memory high | 429, code 8, Retry-After and RetryInfo; gRPC RESOURCE_EXHAUSTED with RetryInfo | 503 without Retry-After
E-06 | form of Retry-After | whole seconds, rounded up, at least 1 | truncated, 0 possible
E-07 | code → HTTP status | 1, 4, 10, 11, 14, 15 → 503; 8 → 429; 3 → 400; 16 → 401; 7 → 403; 12 → 404; others 500 | same
E-08 | HTTP status → code, we being the client | 400 → 3, 401 → 16, 403 → 7, 404 → 12, 429 → 8, 502, 503, 504 → 14, others 2 | same | ${JUDGE_HTTP}
E-09 | each kind of failure with and without a delay | 429, 503 with Retry-After, 500 and 400 without | header only with a delay
E-10 | HTTP answers that are tried again | 429, 502, 503, 504 | same | ${JUDGE_HTTP}
E-11 | gRPC codes that are tried again | CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS; RESOURCE_EXHAUSTED only with RetryInfo | same | ${JUDGE_GRPC}
E-12 | connection refused, reset, timed out | tried again with back-off and jitter | same | ${EXPORT_HTTP}
E-13 | 401 | Status code 16 and \`WWW-Authenticate\` | \`WWW-Authenticate\` by basicauth only
E-14 | shutdown | requests in flight are finished, keep-alive ends, new ones are refused; what was accepted went on | same
E-15 | JSON of an error | the same bytes each time | random white space`,
  ),
  group(
    "OTLP/JSON",
    "test/conformance/json.test.ts",
    `
J-01 | field names | camelCase and snake_case are read; camelCase is written | same
J-02 | trace and span ids | hex of either case; a wrong length costs its item only | a wrong length fails the request
J-03 | an id in base64 | rejected, the text says that hex is wanted | error
J-04 | enums | numbers and names are read; numbers are written | same
J-05 | 64-bit integers | string or bare number, no digit lost | same
J-06 | doubles | number, \`"NaN"\`, \`"Infinity"\`, \`"-Infinity"\`, numeric strings | same
J-07 | bytesValue | base64, standard and url-safe, padded or not | standard base64
J-08 | unknown fields | ignored and counted | ignored
J-09 | null | the same as absent, everywhere | not for numbers and bools
J-10 | two values in one AnyValue | the last wins | same
J-11 | attribute without a value | empty | same
J-12 | values nested 10 000 deep | dropped and counted, the item goes on | recursion
J-13 | duplicate attribute keys | kept, the last counts; counted | kept
J-14 | text that is not UTF-8 | read with U+FFFD and counted; bytes that are only forwarded stay as they came | passed through
J-15 | withdrawn \`instrumentationLibrarySpans\` | read as scope spans | same
J-16 | 64-bit integers written | as strings | same
J-17 | flags, dropped counts | numbers and strings | same
J-18 | entity refs, profile ids | kept, ignored | read`,
  ),
  group(
    "gRPC",
    "test/conformance/grpc.test.ts",
    `
G-01 | Export of the three services | unary | same
G-02 | service without a pipeline, unknown method | UNIMPLEMENTED in words | UNIMPLEMENTED
G-03 | compression | gzip, deflate, zstd, snappy, identity; unknown → UNIMPLEMENTED with \`grpc-accept-encoding\` | gzip, snappy, zstd
G-04 | success, partial success, warning | as over HTTP; an empty message on success | an empty sub-message that is set
G-05 | throttling | RetryInfo in \`grpc-status-details-bin\` always | only when the next hop gave it
G-06 | keepalive pings | accepted freely; \`keepalive\` is honoured where configured | GOAWAY \`too_many_pings\` below 5 minutes
G-07 | \`max_concurrent_streams\`, \`read_buffer_size\`, \`write_buffer_size\` | the first is honoured, the others are accepted and have no effect | honoured
G-08 | deadlines | DEADLINE_EXCEEDED, counted; what the pipeline takes all the same is counted as accepted | the call is cancelled
G-09 | metadata as authentication, \`include_metadata\` | authenticates; \`include_metadata\` is accepted, no component reads it | same
G-10 | \`transport: unix\` | yes; a socket file that a dead process left is removed | yes
G-11 | malformed protobuf, frames against the rules | INVALID_ARGUMENT; none or two messages UNIMPLEMENTED | INTERNAL
G-12 | HTTP/1 on the gRPC port, gRPC on the HTTP port, TLS on a plain port | told in words which port is right; logged once for each sender | fails with an obscure text | test/conformance/grpc-words.test.ts
G-13 | \`grpc.health.v1\` | Check and Watch | none | test/conformance/grpc-words.test.ts`,
  ),
  group(
    "CORS, timeouts, TLS, authentication",
    "test/conformance/network.test.ts",
    `
N-01 | no \`allowed_origins\` | no CORS headers | same
N-02 | origins with \`*\` inside | pattern match, credentials, preflight 204, \`allowed_headers\`, \`exposed_headers\`, \`max_age\` | same
N-03 | slow senders | 60 s for the head, 300 s for the request (configurable), silent connections closed, 4096 connections at most | no limits
N-04 | keep-alive | connections may rest for 120 s (\`idle_timeout\`) | no limit
N-05 | default endpoint | localhost: 127.0.0.1 and ::1; a hint in containers | localhost
N-06 | port in use | the start fails with address, holder (Linux) and advice | fails with the address
N-07 | \`tls\` of the server | all keys; \`client_ca_file\` demands client certificates | same | test/conformance/tls.test.ts
N-08 | \`auth.authenticator\` | bearertokenauth, basicauth; others are refused by name; \`request_params\` | oidc as well
N-09 | \`response_headers\`, \`include_metadata\` | on every answer; accepted | same
N-10 | port 0 | any free port, told in the ready line | any free port, logged`,
  ),
];

/** docs/conformance.md. */
export function renderConformance(): string {
  const sections = CONFORMANCE.map(({ title, rows }) => {
    const lines = rows.map((row) => `| ${row.id} | ${row.given} | ${row.ours} | ${row.otelcol} | [${fileName(row.test)}](../${row.test}) |`);
    return `## ${title}\n\n| row | given | Pitwall | otelcol | test |\n|---|---|---|---|---|\n${lines.join("\n")}\n`;
  });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

const INTRODUCTION = `<!-- Generated by \`npm run gen\` from test/conformance/rows.ts: do not edit. -->

# OTLP conformance

What the OTLP receiver (and, where a row says so, the exporters) do on the wire, row by row, beside what the OpenTelemetry Collector does.
Every row has at least one test whose name begins with the row's id. Where otelcol leaves the OTLP specification, Pitwall follows the specification.
`;

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
