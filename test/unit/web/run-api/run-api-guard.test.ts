import { once } from "node:events";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { openRunApi } from "../../../../collector/web/run-api/open-run-api.ts";
import { hostName, isLoopbackHost } from "../../../../collector/web/run-api/request-guard.ts";
import { recordingLog } from "../../pipeline/river.ts";
import { type ApiLab, openApiLab, sendRaw } from "./api-lab.ts";

const PATH = "/api/v1/status";
const get = (api: ApiLab, headers: string, target = PATH) => sendRaw(api.address, `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

test.each(["127.0.0.1", "127.0.0.1:4319", "127.9.9.9", "localhost:80", "LOCALHOST", "[::1]", "[::1]:4319"])(
  "Host %s is this machine",
  async (host) => {
    await using api = await openApiLab();
    expect(statusOf(await get(api, `Host: ${host}\r\n`))).toBe(200);
  },
);

test.each([
  "evil.example",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "evil.example:4319",
  "0.0.0.0",
  "192.168.1.1",
  "2130706433",
  "0x7f.0.0.1",
  "127.1",
  "[::ffff:8.8.8.8]",
])("Host %s is refused: a page elsewhere may have been pointed here", async (host) => {
  await using api = await openApiLab();
  const answer = await get(api, `Host: ${host}\r\n`);
  expect(statusOf(answer)).toBe(403);
  expect(answer).toContain("forbidden_host");
  expect(api.loads()).toBe(0);
});

test.each([
  ["no Host", ""],
  ["two Hosts", "Host: 127.0.0.1\r\nHost: evil.example\r\n"],
  ["two Hosts, ours last", "Host: evil.example\r\nHost: 127.0.0.1\r\n"],
  ["a list of Hosts", "Host: 127.0.0.1, evil.example\r\n"],
  ["user information", "Host: 127.0.0.1@evil.example\r\n"],
  ["a path", "Host: 127.0.0.1/evil.example\r\n"],
  ["an open bracket", "Host: [::1\r\n"],
  ["a name in brackets", "Host: [localhost]\r\n"],
  ["an empty Host", "Host: \r\n"],
])("a request with %s is a 400", async (_what, headers) => {
  await using api = await openApiLab();
  expect(statusOf(await get(api, headers))).toBe(400);
  expect(api.loads()).toBe(0);
});

test("a target that names a host is refused, whatever Host says", async () => {
  await using api = await openApiLab();
  for (const target of [`http://evil.example${PATH}`, `//evil.example${PATH}`, "*"])
    expect(statusOf(await get(api, "Host: 127.0.0.1\r\n", target))).toBe(400);
});

test("X-Forwarded-Host and its kin change nothing", async () => {
  await using api = await openApiLab();
  expect(statusOf(await get(api, "Host: evil.example\r\nX-Forwarded-Host: 127.0.0.1\r\nForwarded: host=127.0.0.1\r\n"))).toBe(403);
});

test("a name that is allowed is a name of this server", async () => {
  await using api = await openApiLab({ allowedHosts: ["Lab.example"] });
  expect(statusOf(await get(api, "Host: lab.EXAMPLE:4319\r\n"))).toBe(200);
  expect(statusOf(await get(api, "Host: other.example\r\n"))).toBe(403);
});

test("pages of other origins are refused, its own page is not", async () => {
  await using api = await openApiLab();
  const { address } = api;
  const [, port] = address.split(":");
  const ask = async (headers: string) => statusOf(await get(api, `Host: ${address}\r\n${headers}`));
  for (const origin of [
    "http://evil.example",
    "null",
    `http://localhost:${port}`,
    `https://${address}`,
    "http://127.0.0.1",
    `http://${address}.evil.example`,
    "",
  ]) {
    expect(await ask(`Origin: ${origin}\r\n`), origin).toBe(403);
  }
  expect(await ask(`Origin: http://${address}\r\n`)).toBe(200);
  expect(await ask("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n")).toBe(403);
  expect(await ask("Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n")).toBe(403);
  expect(await ask("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n")).toBe(200);
  expect(await ask("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n")).toBe(200);
});

test("a page cannot open a run: neither a form nor a script of another origin gets past", async () => {
  await using api = await openApiLab();
  const headers = { origin: "http://evil.example" };
  expect((await api.call("POST", "/api/v1/runs", { name: "a" }, headers)).status).toBe(403);
  expect((await api.call("OPTIONS", "/api/v1/runs", undefined, { ...headers, "access-control-request-method": "POST" })).status).toBe(403);
  expect((await api.call("POST", "/api/v1/runs", "name=a", { "content-type": "text/plain" })).status).toBe(415);
  expect(api.lab.keeper.current).toBeUndefined();
});

test("with a token every request carries it; browsers may give it as a password", async () => {
  await using api = await openApiLab({ token: "s3cret:with colon" });
  const ask = async (authorization?: string) => (await api.call("GET", PATH, undefined, authorization === undefined ? {} : { authorization })).status;
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  expect(await ask("Bearer nothing")).toBe(401);
  expect(await ask()).toBe(401);
  expect(await ask("s3cret:with colon")).toBe(401);
  expect(await ask(basic("me:wrong"))).toBe(401);
  expect(await ask(basic("s3cret"))).toBe(401);
  expect(await ask(basic("me:s3cret:with colon"))).toBe(200);
  const { status, headers, json } = await api.call("GET", "/");
  expect({ status, code: json.error.code }).toEqual({ status: 401, code: "unauthorized" });
  expect(headers.get("www-authenticate")).toBe('Bearer realm="pitwall", Basic realm="pitwall"');
});

test("a bearer token is compared as a whole", async () => {
  await using api = await openApiLab({ token: "abcdef" });
  const ask = async (token: string) => statusOf(await get(api, `Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`));
  expect(await ask("abcdef")).toBe(200);
  for (const wrong of ["abcde", "abcdefg", "ABCDEF", "abcdef abcdef"]) expect(await ask(wrong), wrong).toBe(401);
  expect(statusOf(await get(api, "Host: 127.0.0.1\r\nAuthorization: bearer abcdef\r\n"))).toBe(200);
  expect(statusOf(await get(api, "Host: 127.0.0.1\r\nAuthorization: Bearer abcdef\r\nAuthorization: Bearer abcdef\r\n"))).toBe(401);
});

test.each(["0.0.0.0", "", "::"])("beyond this machine it does not open without a token (%j)", async (host) => {
  const open = openRunApi({
    endpoint: { host, port: 0 },
    token: undefined,
    allowedHosts: [],
    log: recordingLog(),
    loadHandler: () => Promise.reject(new Error()),
  });
  await expect(open).rejects.toMatchObject({ code: "E_CONFIG_INVALID", hint: expect.stringContaining("token") });
});

test("beyond this machine the address that the request came to is a name of this server", async () => {
  await using api = await openApiLab({ host: "0.0.0.0", token: "t" });
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address;
  const port = api.address.split(":")[1];
  const ask = async (to: string, host: string) =>
    statusOf(await sendRaw(`${to}:${port}`, `GET ${PATH} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n`));
  expect(await ask("127.0.0.1", "127.0.0.1")).toBe(200);
  expect(await ask("127.0.0.1", "8.8.8.8")).toBe(403);
  expect(await ask(own ?? "127.0.0.1", own ?? "127.0.0.1")).toBe(200);
});

test("a port that is taken is told with who has it", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const { port } = holder.address() as { port: number };
  const open = openRunApi({
    endpoint: { host: "127.0.0.1", port },
    token: undefined,
    allowedHosts: [],
    log: recordingLog(),
    loadHandler: () => Promise.reject(new Error()),
  });
  await expect(open).rejects.toMatchObject({ code: "E_PORT_IN_USE", message: expect.stringContaining(`127.0.0.1:${port} is already in use`) });
  if (process.platform === "linux") await expect(open).rejects.toMatchObject({ message: expect.stringContaining(`by process ${process.pid}`) });
  holder.close();
});

test("what answers is loaded once, with the first request that may pass; a load that fails is tried again", async () => {
  await using api = await openApiLab();
  expect(api.loads()).toBe(0);
  await Promise.all([api.call("GET", PATH), api.call("GET", PATH)]);
  await api.call("GET", PATH);
  expect(api.loads()).toBe(1);

  let attempts = 0;
  await using failing = await openRunApi({
    endpoint: { host: "127.0.0.1", port: 0 },
    token: undefined,
    allowedHosts: [],
    log: recordingLog(),
    loadHandler: async () => {
      if (++attempts === 1) throw new Error("no memory");
      return (_request, response) => void response.end("ok");
    },
  });
  expect((await fetch(`http://${failing.address}/`)).status).toBe(500);
  expect(await (await fetch(`http://${failing.address}/`)).text()).toBe("ok");
});

test("it closes while connections idle, or have said half of what they want", async () => {
  const api = await openApiLab();
  const [, port] = api.address.split(":");
  const ended = ["GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET / HT"].map(async (text) => {
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(text);
    return once(socket.resume(), "close");
  });
  await api.call("GET", PATH);
  const began = performance.now();
  await api[Symbol.asyncDispose]();
  expect(performance.now() - began).toBeLessThan(2500);
  await Promise.all(ended);
});

test("names of hosts", () => {
  expect(hostName("Example.COM:80")).toBe("example.com");
  expect(hostName("[2001:DB8::1]:80")).toBe("2001:db8::1");
  for (const none of ["", "a b", "a:b", "a:123456", "[::1", "::1", "[x]", "a\t", "a/b", "a?b", "a#b", "a@b"])
    expect(hostName(none), none).toBe(none === "a\t" ? "a" : undefined);
  expect(["127.0.0.1", "127.255.1.1", "::1", "localhost"].every(isLoopbackHost)).toBe(true);
  expect(["127.0.0.1.example", "128.0.0.1", "127.1", "::", "", "0.0.0.0", "localhost.example"].some(isLoopbackHost)).toBe(false);
});
