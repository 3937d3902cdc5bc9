import { connect } from "node:net";
import { Secret } from "../../../../collector/pipeline/settings.ts";
import { copyLedger } from "../../../../collector/run/run-keeper/copy-ledger.ts";
import { openRunApi, type RunApiOptions } from "../../../../collector/web/run-api/open-run-api.ts";
import { buildRunApi } from "../../../../collector/web/run-api/run-api-app.ts";
import type { RunApiParts } from "../../../../collector/web/run-api/run-handlers.ts";
import { type KeeperLab, type LabOptions, openKeeperLab } from "../../run/run-keeper/keeper-lab.ts";

export interface ApiLab extends AsyncDisposable {
  readonly lab: KeeperLab;
  readonly address: string;
  readonly url: string;
  /** How often the rooms behind the guard were asked for. */
  readonly loads: () => number;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Called>;
}

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}
// biome-ignore lint/suspicious/noExplicitAny: whatever the server says
export type Json = any;

export interface ApiLabOptions extends LabOptions {
  readonly host?: string;
  readonly token?: string;
  readonly allowedHosts?: readonly string[];
  readonly report?: RunApiParts["renderReport"];
  readonly copy?: typeof copyLedger;
  readonly timeouts?: Pick<RunApiOptions, "requestTimeoutMs" | "stallTimeoutMs">;
}

/** The API over a keeper of its own; reports only say what they were made of, unless the test has better ones. */
export async function openApiLab({
  host = "127.0.0.1",
  token,
  allowedHosts = [],
  report = async (path, form) => `${form} of ${path}`,
  copy = copyLedger,
  timeouts = {},
  ...options
}: ApiLabOptions = {}): Promise<ApiLab> {
  const lab = openKeeperLab(options);
  let loads = 0;
  const api = await openRunApi({
    endpoint: { host, port: 0 },
    token: token === undefined ? undefined : new Secret(token),
    allowedHosts,
    ...timeouts,
    log: lab.log,
    loadHandler: async () => {
      loads++;
      const { keeper, store, log } = lab;
      const clock = { nowMs: () => lab.nowMs };
      return buildRunApi({
        keeper,
        store,
        renderReport: report,
        copyLedger: copy,
        version: "1.2.3",
        clock,
        startedUnixMs: lab.nowMs,
        freeBytes: () => lab.freeBytes,
        log,
      });
    },
  });
  const url = `http://127.0.0.1:${api.address.split(":").at(-1)}`;
  return {
    lab,
    url,
    address: api.address,
    loads: () => loads,
    async call(method, path, body, headers = {}) {
      const type = body === undefined ? {} : { "content-type": "application/json" };
      const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
      const response = await fetch(`${url}${path}`, { method, headers: { ...type, ...headers }, ...sent });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: parsed(text) };
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      lab[Symbol.dispose]();
    },
  };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What comes back for these bytes, until the server closes. */
export function sendRaw(address: string, request: string): Promise<string> {
  const [host, port] = [address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, ""), Number(address.split(":").at(-1))];
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, () => socket.write(request));
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
    socket.setTimeout(3000, () => socket.destroy());
  });
}
