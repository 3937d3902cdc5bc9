import type { Batch } from "../../model/batch.ts";
import { isLoadError } from "../../model/errors.ts";
import { ACCEPTED, type ComponentContext, hostPort, type Outlet, type Running, type Sink, secret, stage, z } from "../../pipeline/define.ts";
import { formatHostPort } from "../../pipeline/settings.ts";
import { parseEndpointRules } from "../../run/endpoints/endpoint-rule.ts";
import { openRunApi, type RunApi } from "../../web/run-api/open-run-api.ts";
import type { OpenRuns } from "./open-runs.ts";

/** Which names of endpoints belong together; see EndpointRule. */
const endpointRules = z.array(z.strictObject({ match: z.string(), as: z.string() })).superRefine((rules, check) => {
  try {
    parseEndpointRules(rules);
  } catch (error) {
    check.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
  }
});

const config = z.strictObject({
  /** Of the run API and the page. Beyond this machine only with a token. */
  endpoint: hostPort().prefault("127.0.0.1:4319"),
  /** Where the ledgers are, one file a run. */
  directory: z.string().min(1).default(".pitwall/runs"),
  /** Asked of every request. Never printed. */
  token: secret().optional(),
  endpoints: endpointRules.default([]),
  /** Ledgers beyond this number are deleted, the oldest first. */
  keep: z.int().min(1).default(100),
  /** Further names under which the API may be called, besides its own address. */
  allowed_hosts: z.array(z.string().min(1)).default([]),
  /** `warn`: where another process has the port, the collector runs without recording runs. */
  on_port_in_use: z.enum(["fail", "warn"]).default("fail"),
});
export type RunsConfig = z.output<typeof config>;

export const runs = stage({
  type: "runs",
  about: "Records load runs: while one is open, whatever arrives goes into its ledger. Serves the run API, and tells of runs by telemetry.",
  signals: ["traces", "metrics", "logs"],
  produces: ["metrics", "logs"],
  config,
  open: openRunsConnector,
});

const TICK_MS = 1000;

/**
 * Takes everything at once and hands it to the run that is open; without one nothing is kept. The rooms behind the API are opened with its first
 * request: a collector that nobody opens a run in does not pay for them.
 */
async function openRunsConnector(settings: RunsConfig, next: Outlet, context: ComponentContext): Promise<Sink & Running> {
  let opened: OpenRuns | undefined;
  let opening: Promise<OpenRuns> | undefined;
  const startedUnixMs = Date.now();
  const rooms = async (): Promise<OpenRuns> => {
    const { openRuns } = await import("./open-runs.ts");
    opened = openRuns({ settings, next, context, startedUnixMs });
    return opened;
  };
  const api = await openApi(settings, context, async () => {
    opening ??= rooms().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return (await opening).handler;
  });
  if (api !== undefined) context.listening("", api.address);
  const timer = setInterval(() => opened?.tick(), TICK_MS).unref();
  return {
    push(batch: Batch) {
      opened?.push(batch);
      return ACCEPTED;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      // No request may open a run any more.
      await api?.[Symbol.asyncDispose]();
      await opening?.catch(() => undefined);
      await opened?.close();
    },
  };
}

/** undefined: the port is taken, and that is no reason not to start. */
async function openApi(
  settings: RunsConfig,
  { log }: ComponentContext,
  loadHandler: () => Promise<OpenRuns["handler"]>,
): Promise<RunApi | undefined> {
  const { endpoint, token, allowed_hosts: allowedHosts } = settings;
  try {
    return await openRunApi({ endpoint, token, allowedHosts, log, loadHandler });
  } catch (error) {
    if (settings.on_port_in_use === "fail" || !isLoadError(error) || error.code !== "E_PORT_IN_USE") throw error;
    log.warn({ endpoint: formatHostPort(endpoint) }, `${error.message}: no load runs are recorded by this collector`);
    return undefined;
  }
}
