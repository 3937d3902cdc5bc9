import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { NGINX_LOG_FORMATS } from "../../collector/model/catalog-nginx.ts";
import { nginx as nginxReceiver } from "../../collector/receivers/nginx/nginx.ts";
import { peerCommand } from "../peers/peers.ts";
import { openWitnessRiver, requestsOf } from "../unit/receivers/file-tail-river.ts";
import { freePort, Process } from "./child-process.ts";

/** A real access log, in the format that we propose, followed while nginx serves and its log is rotated. */

let folder: string;
let log: string;
let app: Server;
let port: number;
let nginx: Process;
let reopen: () => Promise<number | null>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-nginx-log-"));
  log = join(folder, "access.log");
  app = createServer((incoming, response) => {
    if (incoming.url?.startsWith("/slow") === true) return;
    response.statusCode = incoming.url?.startsWith("/missing") === true ? 404 : 200;
    response.end("works");
  }).listen(0, "127.0.0.1");
  await once(app, "listening");
  port = await freePort();
  const closed = await freePort();
  const format = NGINX_LOG_FORMATS.timing.replace("/var/log/nginx/pitwall.access.log", log);
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; user root; worker_processes 2; pid ${folder}/nginx.pid; error_log stderr warn;
    events {}
    http {
      ${format}
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://127.0.0.1:${(app.address() as AddressInfo).port}; }
        location /down { proxy_pass http://127.0.0.1:${closed}; }
      }
    }`,
  );
  const { file, arguments: first, environment } = peerCommand("nginx");
  const command = { file, arguments: [...first, "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], environment };
  nginx = new Process(command);
  reopen = () => new Process({ ...command, arguments: [...command.arguments, "-s", "reopen"] }).end();
  const deadline = AbortSignal.timeout(10_000);
  while ((await get("/ready")) === undefined) {
    if (deadline.aborted || nginx.ended) throw new Error(`nginx does not answer: ${nginx.stderr}`);
    await wait(20);
  }
  return async () => {
    await nginx[Symbol.asyncDispose]();
    app.close();
    app.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  };
});

/** The status; undefined where none came within `patienceMs`. */
function get(path: string, patienceMs = 5000): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    sent.on("error", () => resolve(undefined));
    sent.setTimeout(patienceMs, () => sent.destroy());
    sent.end();
  });
}

test("every request is one record with its outcome, through a rotation in the middle of the load", async () => {
  const river = await openWitnessRiver(nginxReceiver, { paths: [log], poll_interval: "50ms", batch_timeout: "50ms" });
  await river.until(() => river.around.log.lines.some(({ message }) => message.startsWith("reading")));
  const kinds = ["/works", "/missing", "/slow", "/down"] as const;
  const sent: string[] = [];
  const load = async (lane: number): Promise<void> => {
    for (let round = 0; round < 30; round++) {
      const path = `${kinds[round % kinds.length]}/${lane}-${round}`;
      sent.push(path);
      await get(path, path.startsWith("/slow") ? 100 : 5000);
    }
  };
  const rotate = async (): Promise<void> => {
    for (let generation = 1; generation <= 3; generation++) {
      await wait(300);
      renameSync(log, `${log}.${generation}`);
      expect(await reopen()).toBe(0);
    }
  };
  await Promise.all([...Array.from({ length: 8 }, (_, lane) => load(lane)), rotate()]);
  // nginx notices that a client has gone, and writes its line, a moment later.
  await river.until((items) => requestsOf(items).length >= sent.length);
  await river.until(() => river.around.meter.total("pitwall_receiver_file_rotations") === 3);
  await river.close();

  const seen = requestsOf(river.items());
  expect(seen.map(({ endpoint }) => endpoint.name).sort()).toEqual([...sent].sort());
  const outcomes = (kind: string) =>
    new Set(seen.flatMap(({ endpoint, ...rest }) => (endpoint.name.startsWith(kind) ? [`${rest.status} ${rest.outcome} ${rest.errorKind}`] : [])));
  expect(outcomes("/works")).toEqual(new Set(["200 ok undefined"]));
  expect(outcomes("/missing")).toEqual(new Set(["404 http_error http_4xx"]));
  expect(outcomes("/slow")).toEqual(new Set(["499 cut aborted"]));
  expect(outcomes("/down")).toEqual(new Set(["502 http_error http_5xx"]));
  const slow = seen.find(({ endpoint }) => endpoint.name.startsWith("/slow"));
  expect(slow?.durationMs).toBeGreaterThan(80);
  expect(slow?.proxy?.tries).toHaveLength(1);
  expect(river.around.meter.total("pitwall_receiver_lines_rejected")).toBe(0);
  for (const balance of river.around.ledger.balances()) expect(balance).toMatchObject({ dropped: 0, inFlight: 0 });
}, 20_000);
