import { expect, test } from "vitest";
import { forwarderConfig, ownCollectorConfig } from "../../../../collector/cli/load-run/run-config.ts";

type Pipelines = Readonly<Record<string, { readonly receivers: readonly string[] }>>;
const NONE = { k6File: undefined, nginxLogs: [], processes: ["api"], isHostOn: true };
const pipelinesOf = (text: string): Pipelines => (JSON.parse(text) as { readonly service: { readonly pipelines: Pipelines } }).service.pipelines;

test("what the host tells by logs (a watched process that restarted) comes into the run too, here and through a forwarder", () => {
  const own = pipelinesOf(
    ownCollectorConfig({
      ...NONE,
      otlpHttp: "127.0.0.1:0",
      otlpGrpc: "127.0.0.1:0",
      apiEndpoint: "127.0.0.1:0",
      runsFolder: "runs",
      token: undefined,
      endpointRules: [],
      prometheus: undefined,
    }),
  );
  const forwarded = pipelinesOf(forwarderConfig({ ...NONE, otlpUrl: "http://127.0.0.1:4318" }) ?? "");
  for (const pipelines of [own, forwarded]) {
    expect(pipelines["logs/witnesses"]?.receivers).toEqual(["host"]);
    expect(pipelines["metrics/witnesses"]?.receivers).toEqual(["host"]);
    expect(pipelines["traces/witnesses"]).toBeUndefined();
  }
});
