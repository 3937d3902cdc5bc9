import type { EndpointView } from "../../../diagnose/digest-types.ts";
import { increase } from "../../../diagnose/rules/gauge-facts.ts";
import { gaugeLookup } from "../../../diagnose/rules/rule.ts";
import { meanOf, streamOf } from "../../../diagnose/rules/stream-facts.ts";
import { METRICS } from "../../../model/catalog.ts";
import type { SampledTrace } from "../../../model/ledger.ts";
import { growthExponent } from "../../../stats/linear-fit.ts";
import type { ComparedRun } from "../compared-run.ts";
import { requestsOf } from "./requests-of.ts";
import { figure, type RunFigure } from "./run-figure.ts";

/** Fewer joined requests are no mean. */
const LEAST_JOINED = 20;
const LEAST_TRACES = 5;
const SIZE = /(^|[._])(size|count|members|length|rows|items)$/i;
/** Sizes must differ by this factor for growth with them to be seen. */
const SIZES_APART = 2;

/** How often a request asks the store or a cache, for each endpoint where it is known, and whether that grows with a size. */
export function callFigures(run: ComparedRun): readonly RunFigure[] {
  const { total, endpoints } = run.load;
  const asked = endpoints.filter((view) => requestsOf(view) !== undefined);
  // Of several endpoints each by itself: a mean over them moves with their shares.
  const apart = asked.length > 1 ? asked.flatMap((view) => figure("calls_per_request", view.endpoint, joinedCalls(view))) : [];
  const whole = apart.length > 0 ? apart : figure("calls_per_request", "", joinedCalls(total) ?? countedCalls(run) ?? toldCalls(run));
  return [...whole, ...operationFigures(run), ...growthFigures(run)];
}

/** Of requests whose server spans and store spans are of one trace. */
function joinedCalls(view: EndpointView): number | undefined {
  const told = view.joins.store_calls;
  return told === undefined || told.n < LEAST_JOINED ? undefined : meanOf(told);
}

/** All store calls over all requests; sampled spans are no counts. */
function countedCalls({ load: { total } }: ComparedRun): number | undefined {
  const [calls, requests] = [streamOf(total, "store"), requestsOf(total)];
  return calls === undefined || calls.isUnsure || requests === undefined ? undefined : calls.count / requests.count;
}

/** By the server's own counter of reads. */
function toldCalls({ ledger, load: { scope, total } }: ComparedRun): number | undefined {
  const calls = increase(gaugeLookup(ledger.gauges).named(METRICS.spacetimeReadCalls.name), scope);
  const requests = requestsOf(total);
  return calls === undefined || requests === undefined ? undefined : calls / requests.count;
}

/** Each operation by itself, over all requests, where there are several. */
function operationFigures({ load: { total, endpoints } }: ComparedRun): readonly RunFigure[] {
  const requests = requestsOf(total);
  const operations = endpoints.flatMap((view) => {
    const calls = streamOf(view, "store");
    return calls === undefined || calls.isUnsure || view.endpoint === "" ? [] : [{ operation: view.endpoint, count: calls.count }];
  });
  if (requests === undefined || operations.length < 2) return [];
  return operations.flatMap(({ operation, count }) => figure("calls_per_request", `calls of ${operation}`, count / requests.count));
}

/** The power with which calls of a request grow with a size that its spans tell (members of a room): 1 = a call for each, 0 = as many for any. */
function growthFigures({ ledger }: ComparedRun): readonly RunFigure[] {
  const whole = ledger.traces.filter(({ why }) => why !== "failed");
  return [...Map.groupBy(whole, ({ endpoint }) => ledger.endpoints[endpoint]?.canonical ?? "")].flatMap(([endpoint, all]) => {
    const sampled = all.filter(({ why }) => why === "sample");
    const traces = sampled.length >= LEAST_TRACES ? sampled : all;
    const attributes = new Set(traces.flatMap(({ spans }) => spans.flatMap((span) => Object.keys(span.attributes).filter((key) => SIZE.test(key)))));
    return [...attributes].flatMap((attribute) => figure("calls_growth", `${endpoint} ${attribute}`.trim(), powerOf(traces, attribute)));
  });
}

function powerOf(traces: readonly SampledTrace[], attribute: string): number | undefined {
  const rows = traces.flatMap(({ spans }) => {
    const size = Math.max(...spans.map(({ attributes }) => Number(attributes[attribute] ?? Number.NaN)).filter((value) => value > 0));
    const calls = spans.filter(
      ({ hop, attributes }) => hop === "store" || attributes["db.system"] !== undefined || attributes["db.system.name"] !== undefined,
    );
    return Number.isFinite(size) && calls.length > 0 ? [{ size, calls: calls.length }] : [];
  });
  const sizes = rows.map(({ size }) => size);
  if (rows.length < LEAST_TRACES || Math.max(...sizes) < SIZES_APART * Math.min(...sizes)) return undefined;
  const counts = rows.map(({ calls }) => calls);
  const fit = growthExponent(sizes, counts);
  // Calls that vary, and not with the size, have no power of it.
  if (fit === undefined || (fit.explained < 0.8 && Math.abs(fit.slope) > 0.2)) return undefined;
  return fit.slope;
}
