import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { applicationHop, clientHop, type HopQueries, networkHop, proxyHop, storeHop } from "./hops.ts";
import type { Names } from "./names.ts";
import { page } from "./page.ts";
import { type PanelPlan, type Query, stat, stateTimeline, table, timeSeries } from "./panels.ts";
import { orZero, overRange, perSecond, SELECTED, select, sum } from "./promql.ts";

const FAILED = "Failed: no answer, or one with a status of 400 or above, 429 included.";

/** The run as a whole: all hops side by side, then what was meant, what came of it, and where requests failed or waited. */
export function loadRun(names: Names): Dashboard {
  return page(names, {
    uid: "loadtest-run",
    description: "Both sides of the wire during a load run: which hop lost the requests, and which hop spent the time.",
    servers: `${names("httpServerRequestDuration")}_count`,
    hasProxy: true,
    sections: [
      { title: "Client ▸ network ▸ proxy ▸ application ▸ store, over the whole time range", rows: [{ height: 7, panels: hopStrip(names) }] },
      {
        title: "Load",
        rows: [
          { height: 9, panels: [offeredAndAchieved(names), requestsByHop(names)] },
          { height: 9, panels: [clientErrors(names), applicationErrors(names)] },
        ],
      },
      {
        title: "Latency by hop",
        rows: [{ height: 9, panels: [latencyByHop(names, 0.5), latencyByHop(names, 0.95)] }],
      },
      {
        title: "Runs",
        rows: [
          { height: 6, panels: [phases(names)] },
          { height: 7, panels: [runs(names)] },
        ],
      },
    ],
  });
}

/** Five panels, 24 columns. Counts that disagree between neighbours are what the strip is for. */
function hopStrip(names: Names): readonly PanelPlan[] {
  const hop = (queries: HopQueries): readonly Query[] => [
    { expr: queries.requests, legend: "requests", unit: "short" },
    { expr: queries.failures, legend: "failed", unit: "percentunit" },
    { expr: queries.quantile(0.5), legend: "p50", unit: "s" },
    { expr: queries.quantile(0.95), legend: "p95", unit: "s" },
  ];
  const network = networkHop(names, overRange);
  return [
    stat({
      title: "Client ▸",
      description: `What the load generator saw: our driver (from the intended start of a request) or k6. ${FAILED} Witness: the driver's or k6's metrics by OTLP; no variable selects them, because the generator is another job than the server.`,
      unit: "short",
      width: 5,
      queries: hop(clientHop(names, overRange)),
    }),
    stat({
      title: "Network ▸",
      description:
        "Requests that the client counts and the proxy does not: they never arrived. Witness: client and proxy together; without the proxy's access log nobody can tell network and proxy apart. Time on the network is not shown: quantiles of two hops may not be subtracted.",
      unit: "short",
      width: 5,
      queries: [
        { expr: network.requests, legend: "not arrived", unit: "short" },
        { expr: network.failures, legend: "share of the client's", unit: "percentunit" },
      ],
    }),
    stat({
      title: "Proxy ▸",
      description: `What the proxy counted and how long it took. ${FAILED} Witness: SERVER spans of the access log through the connector spanmetrics; the variable Proxy names their jobs.`,
      unit: "short",
      width: 4,
      queries: hop(proxyHop(names, overRange)),
    }),
    stat({
      title: "Application ▸",
      description: `What the server itself counted, from the arrival of a request to the end of its response. ${FAILED} Witness: http.server.request.duration by OTLP.`,
      unit: "short",
      width: 5,
      queries: hop(applicationHop(names, overRange)),
    }),
    stat({
      title: "Store",
      description:
        "Reads of the store that the application made. Failed: CLIENT spans of the application that ended in an error. Witness: the application's read metrics by OTLP, and its spans through the connector spanmetrics.",
      unit: "short",
      width: 5,
      queries: hop(storeHop(names, overRange)),
    }),
  ];
}

function offeredAndAchieved(names: Names): PanelPlan {
  const per = (key: Parameters<Names>[0]) => sum(perSecond(names(key)));
  return timeSeries({
    title: "Offered and achieved rate",
    description:
      "Offered: what the arrival rate asked for. Achieved: what was carried through. Where they part, the load that was meant did not happen, and latencies are of a lighter test. Of k6 these are iterations, of our driver requests.",
    unit: "reqps",
    queries: [
      {
        expr: `${per("clientRequestsPlanned")} or (${per("k6Iterations")} + (${per("k6DroppedIterations")} or 0 * ${per("k6Iterations")}))`,
        legend: "offered",
      },
      { expr: `${sum(perSecond(`${names("clientRequestDuration")}_count`))} or ${per("k6Iterations")}`, legend: "achieved" },
      { expr: orZero(`${per("clientRequestsDropped")} or ${per("k6DroppedIterations")}`), legend: "not sent" },
    ],
  });
}

function requestsByHop(names: Names): PanelPlan {
  return timeSeries({
    title: "Requests by hop",
    description: "The same requests as each hop counts them. Client above application: requests were lost, or ended, on the way.",
    unit: "reqps",
    queries: [
      { expr: clientHop(names, perSecond).requests, legend: "client" },
      { expr: proxyHop(names, perSecond).requests, legend: "proxy" },
      { expr: applicationHop(names, perSecond).requests, legend: "application" },
      { expr: storeHop(names, perSecond).requests, legend: "store reads" },
    ],
  });
}

function clientErrors(names: Names): PanelPlan {
  return timeSeries({
    title: "Errors by kind, as the client saw them",
    description:
      "refused, reset and timeout never show in the server's own numbers: with these high and the application's errors at 0, look at network and proxy. http_429 is back-pressure, not a fault. Of k6: status and error code (1212 = connection refused, 1050 = timeout).",
    unit: "reqps",
    isStacked: true,
    queries: [
      { expr: sum(perSecond(select(`${names("clientRequestDuration")}_count`, 'outcome!="ok"')), "outcome"), legend: "{{outcome}}" },
      {
        expr: sum(perSecond(select(names("k6RequestsFailed"), 'condition="nonzero"')), "status", "error_code"),
        legend: "k6 {{status}} {{error_code}}",
      },
    ],
  });
}

function applicationErrors(names: Names): PanelPlan {
  return timeSeries({
    title: "Errors by status, as the application answered",
    description: "Responses with a status of 400 or above, by status. 499: the client left before its answer was complete.",
    unit: "reqps",
    isStacked: true,
    queries: [
      {
        expr: sum(
          perSecond(select(`${names("httpServerRequestDuration")}_count`, ...SELECTED, 'http_response_status_code=~"[45].."')),
          "http_response_status_code",
        ),
        legend: "{{http_response_status_code}}",
      },
    ],
  });
}

function latencyByHop(names: Names, at: number): PanelPlan {
  return timeSeries({
    title: `Latency by hop, p${at * 100}`,
    description:
      "The hop whose line rises first spends the time. The client's clock runs from the intended start, so that waiting for a connection counts; a hop's time contains that of the hops behind it. Lines of quantiles may not be subtracted from one another.",
    unit: "s",
    queries: [
      { expr: clientHop(names, perSecond).quantile(at), legend: "client", exemplar: true },
      { expr: proxyHop(names, perSecond).quantile(at), legend: "proxy", exemplar: true },
      { expr: applicationHop(names, perSecond).quantile(at), legend: "application", exemplar: true },
      { expr: storeHop(names, perSecond).quantile(at), legend: "store", exemplar: true },
    ],
  });
}

const SELECTED_RUN = 'run_id=~"$run"';

function phases(names: Names): PanelPlan {
  return stateTimeline({
    title: "Phases",
    description: "Which phase of which run was under way. Phases are named by the load generator.",
    unit: "short",
    query: { expr: `max by (run_id, phase) (${select(names("runPhase"), SELECTED_RUN)})`, legend: "{{run_id}} {{phase}}" },
  });
}

/** Instants in steps of 5 s: `timestamp` of a comparison is the time it is evaluated at. */
function runs(names: Names): PanelPlan {
  const moments = `timestamp(${select(names("runActive"), SELECTED_RUN)} == 1)[$__range:5s]`;
  return table({
    title: "Runs",
    description: "Load runs in the time range, to within 5 s. The link of a run shows this page for its time alone.",
    unit: "short",
    queries: [
      { expr: `max by (run_id, run_name, scenario) (last_over_time(${select(names("runInfo"), SELECTED_RUN)}[$__range]))`, legend: "info" },
      { expr: `min by (run_id) (min_over_time(${moments})) * 1000`, legend: "begin" },
      { expr: `max by (run_id) (max_over_time(${moments})) * 1000`, legend: "end" },
    ],
    transformations: [
      { id: "merge", options: {} },
      {
        id: "organize",
        options: {
          excludeByName: { Time: true, "Value #A": true },
          indexByName: { run_id: 0, run_name: 1, scenario: 2, "Value #B": 3, "Value #C": 4 },
          renameByName: { run_id: "Run", run_name: "Name", scenario: "Scenario", "Value #B": "Begin", "Value #C": "End" },
        },
      },
    ],
    units: { Begin: "dateTimeAsLocal", End: "dateTimeAsLocal" },
    links: {
      Run: {
        title: "Show this run alone",
        url: '/d/loadtest-run?from=${__data.fields["Begin"].numeric}&to=${__data.fields["End"].numeric}&var-run=${__value.raw}&var-datasource=${datasource}',
      },
    },
  });
}
