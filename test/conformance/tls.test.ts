import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { otlp } from "../../collector/receivers/otlp/otlp.ts";
import { frame } from "./grpc-bytes.ts";
import { GrpcClient, TRACES_EXPORT } from "./grpc-client.ts";
import { itemCount, openReceiver, PATIENTLY, PROTOBUF } from "./harness.ts";
import { spans } from "./messages.ts";
import { RawClient } from "./raw-socket.ts";

const pem = (name: string) => fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url));
const readPem = (name: string) => readFileSync(pem(name), "utf8");
const SERVER_TLS = { cert_file: pem("server"), key_file: pem("server-key") };

test("N-07 TLS on both ports: HTTP/1.1, HTTP/2 by ALPN, and gRPC", async () => {
  await using receiver = await openReceiver({ http: { tls: SERVER_TLS }, grpc: { tls: SERVER_TLS } });
  expect(await postByTls(receiver.httpPort, { ca: readPem("ca") })).toBe(200);
  await using overHttp2 = new GrpcClient(receiver.httpPort, { secure: true, ca: readPem("ca"), servername: "localhost" });
  const reply = await overHttp2.call("/v1/traces", spans(2), { "content-type": "application/x-protobuf" });
  expect([reply.httpStatus, reply.bytes.length, reply.headers["content-type"]]).toEqual([200, 0, "application/x-protobuf"]);
  await using grpc = new GrpcClient(receiver.grpcPort, { secure: true, ca: readPem("ca"), servername: "localhost" });
  expect((await grpc.call(TRACES_EXPORT, frame(spans(3)))).code).toBe(0);
  expect(itemCount(receiver)).toBe(6);
});

test("N-07 a client that connects and never begins its TLS handshake does not hold up the end", async () => {
  const tls = { http: { tls: SERVER_TLS }, grpc: { tls: SERVER_TLS } };
  const receiver = await openReceiver(tls, { outOfTime: new AbortController().signal });
  await using http = new RawClient(receiver.httpPort);
  await using grpc = new RawClient(receiver.grpcPort);
  expect(await postByTls(receiver.httpPort, { ca: readPem("ca") })).toBe(200);
  await receiver[Symbol.asyncDispose]();
  await Promise.all([http.closed(), grpc.closed()]);
});

test("H-14 HTTP/2 over TLS is served by ALPN on the HTTP port, without TLS to a client that begins with it", async () => {
  await using receiver = await openReceiver({ http: {} });
  await using client = new GrpcClient(receiver.httpPort);
  const send2 = (path: string, body: Uint8Array) => client.call(path, body, { "content-type": "application/x-protobuf" });
  expect((await send2("/v1/traces", spans(2))).httpStatus).toBe(200);
  expect((await send2("/nothing", spans(2))).httpStatus).toBe(404);
  expect((await send2("/v1/traces", Buffer.from([0xff]))).httpStatus).toBe(400);
  expect(itemCount(receiver)).toBe(2);
});

test("N-07 client_ca_file demands a client certificate of that CA", async () => {
  await using receiver = await openReceiver({ http: { tls: { ...SERVER_TLS, client_ca_file: pem("ca") } } });
  const ca = readPem("ca");
  expect(await postByTls(receiver.httpPort, { ca, cert: readPem("client"), key: readPem("client-key") })).toBe(200);
  await expect(postByTls(receiver.httpPort, { ca })).rejects.toThrow();
  await expect(postByTls(receiver.httpPort, { ca, cert: readPem("stranger"), key: readPem("stranger-key") })).rejects.toThrow();
});

test("N-07 min_version, max_version, cipher_suites and curve_preferences are obeyed", async () => {
  await using old = await openReceiver({
    http: { tls: { ...SERVER_TLS, max_version: "1.2", cipher_suites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] } },
  });
  expect(await handshake(old.httpPort)).toEqual(["TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"]);
  await using recent = await openReceiver({ http: { tls: { ...SERVER_TLS, min_version: "1.3", curve_preferences: ["P256"] } } });
  expect((await handshake(recent.httpPort))[0]).toBe("TLSv1.3");
  await expect(handshake(recent.httpPort, { maxVersion: "TLSv1.2" })).rejects.toThrow();
});

test("N-07 keys as text, one of certificate and key alone, and files that are none", async () => {
  await using receiver = await openReceiver({ http: { tls: { cert_pem: readPem("server"), key_pem: readPem("server-key") } } });
  expect(await postByTls(receiver.httpPort, { ca: readPem("ca") })).toBe(200);
  const parse = (tls: object) => () => otlp.config.parse({ protocols: { http: { tls } } });
  expect(parse({ cert_file: "a.pem" })).toThrow(/key_file.*is missing/s);
  expect(parse({ key_file: "a.pem" })).toThrow(/cert_file.*is missing/s);
  expect(parse({ ...SERVER_TLS, min_version: "1.3", max_version: "1.2" })).toThrow(/max_version is below min_version/);
  await expect(openReceiver({ http: { tls: { ...SERVER_TLS, cert_file: "/nowhere.pem" } } })).rejects.toMatchObject({ code: "E_FILE" });
  await expect(openReceiver({ http: { tls: { ...SERVER_TLS, key_file: pem("client-key") } } })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
});

test("N-07 reload_interval: a new certificate is used without a restart, a broken one is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-"));
  try {
    const files = { cert_file: join(folder, "cert.pem"), key_file: join(folder, "key.pem") };
    copyFileSync(pem("server"), files.cert_file);
    copyFileSync(pem("server-key"), files.key_file);
    await using receiver = await openReceiver({ http: { tls: { ...files, reload_interval: "20ms" } } });
    expect(await servedName(receiver.httpPort)).toBe("server one");
    writeFileSync(files.cert_file, "no certificate");
    await expect.poll(() => receiver.log.some(({ message }) => message.includes("old one stays in use")), PATIENTLY).toBe(true);
    expect(await servedName(receiver.httpPort)).toBe("server one");
    copyFileSync(pem("server-two-key"), files.key_file);
    copyFileSync(pem("server-two"), files.cert_file);
    await expect.poll(() => servedName(receiver.httpPort), PATIENTLY).toBe("server two");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function postByTls(port: number, options: { readonly ca: string; readonly cert?: string; readonly key?: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = spans(1);
    const outgoing = httpsRequest(
      {
        host: "127.0.0.1",
        port,
        method: "POST",
        path: "/v1/traces",
        headers: { ...PROTOBUF, "content-length": body.length },
        agent: false,
        ...options,
      },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function handshake(port: number, options: { readonly maxVersion?: "TLSv1.2" } = {}): Promise<[string | null, string]> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: "127.0.0.1", port, ca: readPem("ca"), ...options }, () => {
      resolve([socket.getProtocol(), socket.getCipher().name]);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

function servedName(port: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: "127.0.0.1", port, ca: readPem("ca") }, () => {
      const name = socket.getPeerCertificate().subject.CN;
      resolve(Array.isArray(name) ? name[0] : name);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
