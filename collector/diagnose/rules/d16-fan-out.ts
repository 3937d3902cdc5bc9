import type { SampledTrace } from "../../model/ledger.ts";
import { growthExponent } from "../../stats/linear-fit.ts";
import { median } from "../../stats/summary.ts";
import type { Evidence } from "../diagnosis.ts";
import type { ScopeDigest } from "../digest-types.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatOf, formatPerSecond, formatShare } from "./format-value.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf, streamOf } from "./stream-facts.ts";

/** Calls of one operation for one request from which on a loop is likely. */
const MANY = 10;
/** Store takes this share of the request: then the calls cost time, not only work. */
const COSTS_TIME = 0.5;
/** Growth as this power of a size or more is one call for each member. */
const IN_PROPORTION = 0.8;
const LEAST_TRACES = 5;
const SIZE = /(^|[._])(size|count|members|length|rows|items)$/i;

interface FanOut {
  readonly endpoint: string;
  readonly operation: string;
  /** Calls for one request: median and most. */
  readonly calls: number;
  readonly most: number;
  readonly traces: number;
  /** How calls grow with an attribute of the request. */
  readonly growth: { readonly attribute: string; readonly power: number; readonly perMember: number } | undefined;
}

/** One request makes many calls of the same operation: N + 1, or a fan-out; caches, HTTP and queues count as much as databases. */
export const fanOut: Rule = {
  id: "D16",
  title: "One request, many calls",
  where: "in the application, which calls one by one",
  look(facts) {
    const load = loadOf(facts.digest);
    if (load === undefined) return NOTHING;
    const found = [...fromTraces(facts)];
    if (found.length === 0) found.push(...fromCounts(load));
    found.sort((a, b) => b.calls - a.calls);
    return { findings: found.slice(0, 3).map((one) => findingOf(load, one)) };
  },
};

function findingOf(load: ScopeDigest, { endpoint, operation, calls, most, traces, growth }: FanOut) {
  const [app, part] = [load.total.joins.app, load.total.joins.store];
  const share = app !== undefined && part !== undefined && app.sum > 0 ? part.sum / part.n / (app.sum / app.n) : undefined;
  const rate = rateOf(load, endpoint);
  const rows: Evidence[] = [
    evidence(`calls of ${operation} for one request`, traces > 0 ? "spans of kept traces" : "store calls / requests", formatCount(calls), {
      n: traces > 0 ? traces : undefined,
      how: traces > 0 ? `median; most ${formatCount(most)}` : "",
    }),
  ];
  if (growth !== undefined)
    rows.push(
      evidence(`calls by ${growth.attribute}`, `spans of kept traces, ${growth.attribute}`, `${formatCount(growth.perMember)} for each`, {
        n: traces,
        how: `grow with its power ${formatCount(growth.power)}`,
      }),
    );
  if (rate !== undefined)
    rows.push(
      evidence(`calls a second of ${operation}`, "requests a second × calls", formatPerSecond(rate * calls), {
        how: `${formatPerSecond(rate)} requests`,
      }),
    );
  if (share !== undefined) rows.push(evidence("share of the store in the request", "store spans", formatShare(share)));
  return finding({
    rule: "D16",
    hop: "application",
    effect: share !== undefined && share >= COSTS_TIME ? "slow" : "risk",
    state: "proven",
    confidence: "high",
    claim: `${endpoint === "" ? "a request" : `a request to ${endpoint}`} makes ${formatOf(calls, "call")} of ${operation}${growth === undefined ? "" : `, ${formatCount(growth.perMember)} for each of ${growth.attribute}`}`,
    endpoint,
    evidence: rows,
    nextStep:
      "fetch them in one call (a batch, a multi-get, a sorted set) or keep them in the process; the number of calls must not grow with the data",
  });
}

function rateOf(load: ScopeDigest, endpoint: string): number | undefined {
  const view = endpoint === "" ? load.total : load.endpoints.find((one) => one.endpoint === endpoint);
  const stream = streamOf(view, "client") ?? streamOf(view, "proxy") ?? streamOf(view, "application");
  const seconds = load.scope.endSecond - load.scope.startSecond;
  return stream === undefined || seconds <= 0 ? undefined : stream.count / seconds;
}

/** Kept traces, the unbiased ones where there are enough; failed ones are cut short. */
function fromTraces({ ledger }: RuleFacts): readonly FanOut[] {
  const usable = ledger.traces.filter(({ why }) => why !== "failed");
  return [...Map.groupBy(usable, ({ endpoint }) => ledger.endpoints[endpoint]?.canonical ?? "")].flatMap(([endpoint, all]) => {
    const samples = all.filter(({ why }) => why === "sample");
    const traces = samples.length >= LEAST_TRACES ? samples : all;
    const counted = traces.map(callsOf);
    const operations = new Set(counted.flatMap((calls) => [...calls.keys()]));
    return [...operations].flatMap((operation) => {
      const numbers = counted.map((calls) => calls.get(operation) ?? 0);
      const calls = median(numbers);
      const most = Math.max(...numbers);
      if (most < MANY) return [];
      const growth = growthOf(traces, numbers);
      return calls >= MANY || growth !== undefined
        ? [{ endpoint, operation, calls: growth === undefined ? calls : most, most, traces: traces.length, growth }]
        : [];
    });
  });
}

/** By name of what leaves the application: calls of the store, or of anything else that its spans name. */
function callsOf({ spans }: SampledTrace): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const { name, hop, attributes } of spans) {
    const isCall =
      hop === "store" ||
      attributes["db.system"] !== undefined ||
      attributes["db.system.name"] !== undefined ||
      attributes["messaging.system"] !== undefined ||
      attributes["span.kind"] === "client";
    if (isCall) calls.set(name, (calls.get(name) ?? 0) + 1);
  }
  return calls;
}

function growthOf(traces: readonly SampledTrace[], calls: readonly number[]): FanOut["growth"] {
  const sizes = new Map<string, number[]>();
  traces.forEach(({ spans }, index) => {
    for (const { attributes } of spans) {
      for (const [key, text] of Object.entries(attributes)) {
        const value = Number(text);
        if (!SIZE.test(key) || !(value > 0)) continue;
        const column = sizes.get(key) ?? Array.from({ length: traces.length }, () => Number.NaN);
        column[index] = value;
        sizes.set(key, column);
      }
    }
  });
  for (const [attribute, column] of sizes) {
    const rows = column.flatMap((size, index) => (Number.isNaN(size) ? [] : [{ size, calls: calls[index] as number }]));
    const fit =
      rows.length < LEAST_TRACES
        ? undefined
        : growthExponent(
            rows.map((row) => row.size),
            rows.map((row) => row.calls),
          );
    if (fit !== undefined && fit.slope >= IN_PROPORTION && fit.explained >= IN_PROPORTION)
      return { attribute, power: fit.slope, perMember: median(rows.map((row) => row.calls / row.size)) };
  }
  return undefined;
}

/** Without traces: calls of an operation over all requests of the application. Sampled spans are no counts and are left out. */
function fromCounts(load: ScopeDigest): readonly FanOut[] {
  const application = streamOf(load.total, "application");
  if (application === undefined || application.isUnsure) return [];
  return load.endpoints.flatMap((view) => {
    const calls = streamOf(view, "store");
    if (calls === undefined || calls.isUnsure || calls.count < MANY * application.count) return [];
    const each = calls.count / application.count;
    return [{ endpoint: "", operation: view.endpoint, calls: each, most: each, traces: 0, growth: undefined }];
  });
}
