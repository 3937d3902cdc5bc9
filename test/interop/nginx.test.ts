import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { peerCommand } from "../peers/peers.ts";
import { freePort, Process } from "./child-process.ts";
import { CLIENT_ITEMS } from "./client-run.ts";
import type { CollectorProcess } from "./collector-process.ts";
import { JS_PROTOCOLS, type JsClient, sendLogs, sendMetrics, sendSpans } from "./js-client.ts";
import { receivedFrom, startRecordingCollector } from "./received.ts";

/** OTLP through the proxy that stands before most servers: HTTP/1.0 and closed connections on its far side, HTTP/2 for gRPC. */

let collector: CollectorProcess;
let ports: { readonly http: number; readonly grpc: number };

beforeAll(async () => {
  collector = await startRecordingCollector();
  ports = { http: await freePort(), grpc: await freePort() };
  const folder = mkdtempSync(join(tmpdir(), "pitwall-nginx-"));
  const config = `
    daemon off;
    user root;
    pid ${folder}/nginx.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server { listen 127.0.0.1:${ports.http}; location / { proxy_pass http://${collector.endpoint("otlp.http")}; } }
      server { listen 127.0.0.1:${ports.grpc} http2; location / { grpc_pass grpc://${collector.endpoint("otlp.grpc")}; } }
    }`;
  writeFileSync(join(folder, "nginx.conf"), config);
  const { file, arguments: first, environment } = peerCommand("nginx");
  const nginx = new Process({ file, arguments: [...first, "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], environment });
  await listening(nginx, `http://127.0.0.1:${ports.http}/`);
  return async () => {
    await nginx[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
});

test.each(JS_PROTOCOLS)("all three signals arrive through nginx by %s", async (protocol) => {
  const client: JsClient = {
    protocol,
    gzip: true,
    serviceName: `through nginx ${protocol}`,
    httpEndpoint: `127.0.0.1:${ports.http}`,
    grpcEndpoint: `127.0.0.1:${ports.grpc}`,
  };
  await Promise.all([sendSpans(client, CLIENT_ITEMS), sendMetrics(client, CLIENT_ITEMS), sendLogs(client, CLIENT_ITEMS)]);
  const received = await receivedFrom(collector, client.serviceName, ({ spanNames, logBodies, points }) => {
    return spanNames.length >= CLIENT_ITEMS && logBodies.length >= CLIENT_ITEMS && points.length >= 3;
  });
  expect([received.spanNames.length, received.logBodies.length, received.points.length]).toEqual([CLIENT_ITEMS, CLIENT_ITEMS, 3]);
});

/** nginx says nothing when it is ready. */
async function listening(nginx: Process, url: string): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  for (;;) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (nginx.ended || deadline.aborted) throw new Error(`nginx does not answer: ${nginx.stderr}`);
    await wait(20);
  }
}
