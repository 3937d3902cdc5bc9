import { expect, test } from "vitest";
import type { LawResult } from "../../../../collector/diagnose/diagnosis.ts";
import { digestRun } from "../../../../collector/diagnose/digest/digest-run.ts";
import { holdLaws } from "../../../../collector/diagnose/laws/hold-laws.ts";
import type { CountedSum, LedgerCell, LedgerEndpoint, SumKey } from "../../../../collector/model/ledger.ts";
import type { LoadRequest } from "../../../../collector/model/load-record.ts";
import { k6Json } from "../../../../collector/wire/generators/k6-json.ts";
import { nginxTiming } from "../../../../collector/wire/generators/nginx-log.ts";
import { readFixture } from "../../wire/generators/read-fixture.ts";
import { endpointOf, latencyOf, ledgerOf } from "../ledger-builder.ts";

const PATHS: Readonly<Record<string, string>> = { ok: "/ok", refused: "/refused", hang: "/hang", thin: "/thin/big", err: "/err" };

/** One cell for each request: the plainest recorder there can be. */
function cellsOf(hop: "client" | "proxy", requests: readonly LoadRequest[], endpoints: LedgerEndpoint[]): readonly LedgerCell[] {
  return requests.map((request) => {
    const path = hop === "client" ? (PATHS[request.endpoint.name] as string) : request.endpoint.name;
    const endpoint = { ...endpointOf(`GET ${path}`), name: request.endpoint.name };
    const known = endpoints.findIndex(({ name }) => name === endpoint.name);
    const { proxy, phases, durationMs } = request;
    const told: [SumKey, number | undefined][] = [
      ["wait", phases.wait],
      ["recv", phases.recv],
      ["tries", proxy?.tries.length],
      ["failed_connects", proxy?.tries.filter(({ connectMs }) => connectMs === undefined).length],
      ["incomplete", proxy?.complete === undefined ? undefined : proxy.complete ? 0 : 1],
      ["local", proxy?.askedUpstream === undefined ? undefined : proxy.askedUpstream ? 0 : 1],
    ];
    return {
      second: Number((request.endUnixNano ?? 0n) / 1_000_000_000n),
      hop,
      source: "requests",
      witness: hop === "client" ? "k6" : "nginx",
      instance: "",
      endpoint: known >= 0 ? known : endpoints.push(endpoint) - 1,
      scenario: request.scenario,
      outcome: request.outcome,
      errorKind: request.errorKind,
      status: request.status,
      count: 1,
      latency: durationMs === undefined ? undefined : latencyOf(1, durationMs),
      sums: Object.fromEntries(told.flatMap(([key, sum]): [SumKey, CountedSum][] => (sum === undefined ? [] : [[key, { n: 1, sum }]]))),
    };
  });
}

function recorded() {
  const [k6, nginx] = [readFixture(k6Json, "k6/mixed.ndjson.gz"), readFixture(nginxTiming, "nginx/k6-mixed-timing.log")];
  const endpoints: LedgerEndpoint[] = [];
  const client = cellsOf("client", k6.requests, endpoints);
  const [first, last] = [client[0]?.second ?? 0, client.at(-1)?.second ?? 0];
  // The log holds several runs of the script; the next begins in the second after its end.
  const proxy = cellsOf("proxy", nginx.requests, endpoints).filter(({ second }) => second >= first && second <= last);
  const cells = [...client, ...proxy].toSorted((a, b) => a.second - b.second);
  return {
    ...ledgerOf({ run: { loadStartUnixMs: first * 1000, loadEndUnixMs: (last + 1) * 1000 } })
      .gauge("vus_max", { hop: "client", values: 10 })
      .ledger(),
    endpoints,
    cells,
  };
}

test("of a run that k6 and nginx recorded, refused, hanging, starved and failed requests balance", () => {
  const ledger = recorded();
  const digest = digestRun(ledger, []);
  const results = holdLaws(ledger, digest);
  const law = (id: LawResult["law"], endpoint: string) => results.find((one) => one.law === id && one.endpoint === endpoint) as LawResult;

  // All of them were refused, so none is missed at the proxy.
  expect(law("L3", "GET /refused")).toMatchObject({ left: 0, right: 0, state: "holds" });
  expect(law("L3", "GET /ok")).toMatchObject({ left: 121, right: 121, state: "holds", tolerance: 10 });
  // k6 does not report what the end of the run cut off; nginx saw it.
  expect(law("L3", "GET /thin/big")).toMatchObject({ left: 11, right: 13, state: "holds" });
  // Given up while the server hung (499), and while the answer trickled in (200, not complete).
  expect(law("L4", "GET /hang")).toMatchObject({ left: 13, right: 13, state: "holds" });
  expect(law("L4", "GET /thin/big")).toMatchObject({ left: 11, right: 13, state: "holds" });
  expect(results.filter(({ state }) => state === "broken")).toEqual([]);

  const thin = digest.scopes[0]?.endpoints.find(({ endpoint }) => endpoint === "GET /thin/big")?.streams;
  expect(thin?.get("proxy")?.sums.incomplete?.sum).toBeGreaterThanOrEqual(thin?.get("client")?.outcomes.get("timeout") ?? Infinity);
  expect(thin?.get("client")?.censored[0]?.atMs).toBeGreaterThanOrEqual(890);
});
