import { unlinkSync } from "node:fs";
import { type AddressInfo, connect, type Server } from "node:net";
import { LoadError } from "../../model/errors.ts";
import { findPortHolder } from "../../pipeline/port-holder.ts";
import { formatHostPort } from "../../pipeline/settings.ts";
import type { Endpoint } from "./endpoint.ts";

export interface Listening {
  readonly servers: readonly Server[];
  /** `host:port` as bound, or `unix:/path`. */
  readonly address: string;
  readonly loopbackOnly: boolean;
}

/** How often another port is tried when the free port of 127.0.0.1 is taken on ::1. */
const FREE_PORT_ATTEMPTS = 5;

/**
 * Binds the endpoint; `localhost` means 127.0.0.1 and ::1, each with a server of its own (a machine without IPv6 gets the first only).
 *
 * Throws: E_PORT_IN_USE with the holder where the system tells; E_LISTEN for an address that is not ours.
 */
export async function listenOn(at: Endpoint, makeServer: () => Server): Promise<Listening> {
  if (at.kind === "unix") {
    await removeStaleSocket(at.path);
    return { servers: [await bind(makeServer(), { path: at.path }, at.path)], address: `unix:${at.path}`, loopbackOnly: false };
  }
  const { host, port } = at.address;
  if (host !== "localhost") {
    const server = await bindTcp(makeServer(), host, port);
    const bound = server.address() as AddressInfo;
    return {
      servers: [server],
      address: formatHostPort({ host: host === "" ? bound.address : host, port: bound.port }),
      loopbackOnly: isLoopback(bound.address),
    };
  }
  for (let attempt = 1; ; attempt++) {
    const first = await bindTcp(makeServer(), "127.0.0.1", port);
    const boundPort = (first.address() as AddressInfo).port;
    const address = formatHostPort({ host: "127.0.0.1", port: boundPort });
    try {
      return { servers: [first, await bindTcp(makeServer(), "::1", boundPort)], address, loopbackOnly: true };
    } catch (error) {
      if (hasCode(error, "E_LISTEN")) return { servers: [first], address, loopbackOnly: true };
      if (port === 0 && attempt >= FREE_PORT_ATTEMPTS) return { servers: [first], address, loopbackOnly: true };
      await new Promise((resolve) => first.close(resolve));
      if (port !== 0) throw error;
    }
  }
}

function bindTcp(server: Server, host: string, port: number): Promise<Server> {
  return bind(server, host === "" ? { port } : { host, port }, formatHostPort({ host, port }));
}

function bind(server: Server, options: { readonly host?: string; readonly port?: number; readonly path?: string }, address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(listenError(error, address, options.port));
    server.once("error", fail);
    server.listen(options, () => {
      server.removeListener("error", fail);
      resolve(server);
    });
  });
}

function listenError(error: Error, address: string, port: number | undefined): LoadError {
  if (!hasCode(error, "EADDRINUSE")) return new LoadError("E_LISTEN", `cannot listen on ${address}: ${error.message}`, { cause: error });
  const holder = port === undefined ? undefined : findPortHolder(port);
  const by = holder === undefined ? "" : ` by process ${holder.pid} (${holder.name})`;
  return new LoadError("E_PORT_IN_USE", `${address} is already in use${by}`, { cause: error });
}

/** A socket file that nobody answers on was left by a process that died: it would only be in the way. */
async function removeStaleSocket(path: string): Promise<void> {
  const isStale = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error) => resolve(hasCode(error, "ECONNREFUSED")));
  });
  if (isStale) unlinkSync(path);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
