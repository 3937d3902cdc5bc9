import { expect, test } from "vitest";
import { otlpConfig } from "../../../../collector/receivers/otlp/otlp-config.ts";

const issuesOf = (config: unknown) => {
  const result = otlpConfig.safeParse(config);
  return result.success ? [] : result.error.issues.map((issue) => [issue.path.join("."), issue.message]);
};

test("a protocol is on where its key stands, with all defaults when it has no body", () => {
  const config = otlpConfig.parse({ protocols: { http: null } });
  expect(config.grpc).toBeUndefined();
  expect(config.http).toMatchObject({
    at: { kind: "tcp", address: { host: "localhost", port: 4318 } },
    max_request_body_size: 67_108_864,
    traces_url_path: "/v1/traces",
    keep_alives_enabled: true,
    max_connections: 4096,
  });
  expect(otlpConfig.parse({ protocols: { grpc: {}, http: {} } }).grpc).toMatchObject({ max_recv_msg_size_mib: 64 });
});

test.each([[{}], [{ protocols: null }], [{ protocols: {} }]])("K-07 %j has no protocol", (config) => {
  expect(issuesOf(config)).toEqual([["protocols", expect.stringMatching(/^must specify at least one protocol when using the OTLP receiver/)]]);
});

test("K-08 unknown keys are found at every depth, all at once", () => {
  const config = {
    protocols: { htttp: null, http: { endpont: "x", cors: { origins: [] } }, grpc: { keepalive: { server_parameters: { idle: "1s" } } } },
  };
  expect(issuesOf(config).map(([path]) => path)).toEqual(
    expect.arrayContaining(["protocols", "protocols.http", "protocols.http.cors", "protocols.grpc.keepalive.server_parameters"]),
  );
});

test("mistakes carry the path of their key", () => {
  expect(issuesOf({ protocols: { http: { endpoint: "http://localhost:4318" } } })).toEqual([
    ["protocols.http.endpoint", expect.stringContaining("leave the scheme away")],
  ]);
  expect(issuesOf({ protocols: { http: { tls: { cert_file: "a" } } } })).toEqual([
    ["protocols.http.tls.key_file", expect.stringContaining("is missing")],
  ]);
  expect(issuesOf({ protocols: { http: { idle_timeout: 5 } } })).toEqual([
    ["protocols.http.idle_timeout", expect.stringContaining("is not a duration")],
  ]);
  expect(issuesOf({ protocols: { grpc: { transport: "unix", endpoint: "" } } })).toEqual([
    ["protocols.grpc.endpoint", expect.stringContaining("needs a path")],
  ]);
});

test("limits of 0 mean the default, as in otelcol", () => {
  const { http, grpc } = otlpConfig.parse({ protocols: { http: { max_request_body_size: 0 }, grpc: { max_recv_msg_size_mib: 0 } } });
  expect([http?.max_request_body_size, grpc?.max_recv_msg_size_mib]).toEqual([67_108_864, 64]);
});
