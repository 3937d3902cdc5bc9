import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LoadError } from "../model/errors.ts";
import type { LossLedger } from "../pipeline/loss-ledger.ts";
import type { Meter } from "../pipeline/meter.ts";
import { formatHostPort } from "../pipeline/settings.ts";
import type { Running } from "../pipeline/sink.ts";
import { renderFamilies } from "./render-families.ts";
import { openRuntimeMeters } from "./runtime-meters.ts";

export interface SelfMetricsParts {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly meter: Meter;
  readonly ledger: LossLedger;
}

/**
 * The collector's own numbers on `/metrics`, for Prometheus: otelcol's names with `_total` on counters, every loss by reason, and what tells whether
 * this process itself distorted a measurement (event-loop delay, garbage collection).
 * Throws: E_PORT_IN_USE, E_LISTEN.
 */
export async function openSelfMetrics({ host, port, meter, ledger }: SelfMetricsParts): Promise<Running & { readonly address: string }> {
  const runtime = await openRuntimeMeters();
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").replace(/\?.*$/, "");
    request.resume();
    if (path !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("The metrics are at /metrics.\n");
      return;
    }
    renderFamilies(meter.snapshot(), ledger, runtime.registry).then(
      ({ text, contentType }) => response.writeHead(200, { "content-type": contentType }).end(text),
      (error: unknown) => response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end(`${error}\n`),
    );
  });
  try {
    await listen(server, host, port);
  } catch (error) {
    runtime[Symbol.dispose]();
    throw cannotListen(formatHostPort({ host, port }), error);
  }
  const bound = server.address() as AddressInfo;
  return {
    address: formatHostPort({ host: bound.address, port: bound.port }),
    async [Symbol.asyncDispose]() {
      runtime[Symbol.dispose]();
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === "" ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function cannotListen(address: string, error: unknown): LoadError {
  const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  const why = isTaken ? "another process listens there" : error instanceof Error ? error.message : String(error);
  const hint = "Choose another address in service.telemetry.metrics, or set its level to none.";
  return new LoadError(isTaken ? "E_PORT_IN_USE" : "E_LISTEN", `the collector's own metrics cannot be served on ${address}: ${why}`, {
    hint,
    cause: error,
  });
}
