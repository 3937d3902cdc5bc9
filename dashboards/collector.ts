import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { SELF_METRICS } from "../collector/model/catalog-self.ts";
import type { Names } from "./names.ts";
import { page } from "./page.ts";
import { type PanelPlan, type Query, stat, timeSeries } from "./panels.ts";
import { orZero, perSecond, quantile, SELECTED, select, sum } from "./promql.ts";

type SelfKey = keyof typeof SELF_METRICS;

/** The collector about itself: whether it lost anything, and whether it disturbed what it measured. Its page is scraped as it is. */
export function collector(names: Names): Dashboard {
  return page(names, {
    uid: "loadtest-collector",
    description: "Whether the telemetry of a run arrived in full, and whether the collector itself was in the way.",
    servers: SELF_METRICS.nodeInfo.name,
    sections: [
      {
        title: "Loss ledger",
        rows: [
          { height: 5, panels: [ledger(), unaccounted()] },
          { height: 9, panels: [received(), refused(), dropped()] },
        ],
      },
      { title: "Queues", rows: [{ height: 8, panels: [queues(), inFlight(), bodies()] }] },
      {
        title: "The process",
        rows: [
          { height: 8, panels: [eventLoop(), garbage()] },
          { height: 8, panels: [memory(), cpu(), scrapeSeries()] },
        ],
      },
    ],
  });
}

const series = (key: SelfKey, ...matchers: readonly string[]) => select(SELF_METRICS[key].name, ...SELECTED, ...matchers);
const gauge = (key: SelfKey, legend: string, ...by: readonly string[]): Query => ({ expr: sum(series(key), ...by, "instance"), legend });

const STATES = ["received", "copied", "exported", "dropped", "in_flight"] as const;

function ledger(): PanelPlan {
  return stat({
    title: "Loss ledger",
    description:
      "Items of all signals since the collector began. received + copied = exported + dropped + in flight; copied = sent to a further exporter.",
    unit: "short",
    width: 18,
    queries: STATES.map((state) => ({ expr: sum(series("ledgerItems", `state="${state}"`)), legend: state.replace("_", " ") })),
  });
}

function unaccounted(): PanelPlan {
  const of = (state: (typeof STATES)[number]) => sum(series("ledgerItems", `state="${state}"`));
  return stat({
    title: "Unaccounted for",
    description: "received + copied − exported − dropped − in flight. Anything but 0 is a fault of the collector.",
    unit: "short",
    width: 6,
    queries: [{ expr: `${of("received")} + ${of("copied")} - ${of("exported")} - ${of("dropped")} - ${of("in_flight")}`, legend: "items" }],
  });
}

function bySignal(what: "accepted" | "refused"): readonly Query[] {
  return (["Spans", "MetricPoints", "LogRecords"] as const).map((signal) => ({
    expr: sum(perSecond(series(`${what}${signal}`))),
    legend: signal.replace(/(?<=[a-z])([A-Z])/, " $1").toLowerCase(),
  }));
}

function received(): PanelPlan {
  return timeSeries({
    title: "Received",
    description: "Items taken in per second, by signal. Nothing during a run: the senders have another address.",
    unit: "cps",
    width: 8,
    isStacked: true,
    queries: bySignal("accepted"),
  });
}

function refused(): PanelPlan {
  return timeSeries({
    title: "Refused",
    description: "Items turned away per second, by signal: the sender was told and may send them again, so they are not yet lost.",
    unit: "cps",
    width: 8,
    isStacked: true,
    queries: bySignal("refused"),
  });
}

function dropped(): PanelPlan {
  return timeSeries({
    title: "Dropped, by component and reason",
    description: "Items lost per second. 0 where none was lost so far; every reason is explained in docs/architecture.md.",
    unit: "cps",
    width: 8,
    isStacked: true,
    queries: [
      { expr: orZero(sum(perSecond(series("droppedItems")), "component", "reason", "signal")), legend: "{{component}} {{reason}} {{signal}}" },
    ],
  });
}

function queues(): PanelPlan {
  return timeSeries({
    title: "Sending queues",
    description:
      "Waiting for an exporter, in the unit of its sizer; dashed: the most that the queue holds. A full queue refuses: the senders keep their data.",
    unit: "short",
    width: 8,
    limits: /^capacity /,
    queries: [
      gauge("queueSize", "{{exporter}} {{data_type}}", "exporter", "data_type"),
      gauge("queueCapacity", "capacity {{exporter}} {{data_type}}", "exporter", "data_type"),
    ],
  });
}

function inFlight(): PanelPlan {
  return timeSeries({
    title: "Requests under way",
    description: "Requests that an exporter has sent and that its target has not answered.",
    unit: "short",
    width: 8,
    queries: [gauge("inFlightRequests", "{{exporter}} {{data_type}}", "exporter", "data_type")],
  });
}

function bodies(): PanelPlan {
  return timeSeries({
    title: "Request bodies being taken in",
    description: "Bytes of requests, as sent and as expanded, that a receiver holds; at max_in_flight_bytes it turns senders away.",
    unit: "bytes",
    width: 8,
    queries: [gauge("inFlightBytes", "{{receiver}}", "receiver")],
  });
}

function eventLoop(): PanelPlan {
  return timeSeries({
    title: "Event-loop delay",
    description:
      "How late the event loop was since the scrape before. Tens of milliseconds: the machine is too busy, and timings of this run are not to be trusted.",
    unit: "s",
    queries: [gauge("delayP50", "p50 {{instance}}"), gauge("delayP99", "p99 {{instance}}"), gauge("delayMax", "max {{instance}}")],
  });
}

function garbage(): PanelPlan {
  return timeSeries({
    title: "Garbage collection pauses, p99",
    description: "By kind. Minor collections are short and frequent; long major ones mean memory is short.",
    unit: "s",
    queries: [{ expr: quantile(0.99, perSecond(select(`${SELF_METRICS.gcPause.name}_bucket`, ...SELECTED)), "kind"), legend: "{{kind}}" }],
  });
}

function memory(): PanelPlan {
  return timeSeries({
    title: "Memory",
    description: "Resident set, heap in use, and heap with external memory as obtained from the system.",
    unit: "bytes",
    width: 8,
    queries: [
      gauge("residentBytes", "resident {{instance}}"),
      gauge("heapBytes", "heap {{instance}}"),
      gauge("systemBytes", "obtained {{instance}}"),
    ],
  });
}

function cpu(): PanelPlan {
  return timeSeries({
    title: "CPU",
    description: "Cores in use. The collector is single-threaded for the most part: near 1 it is the bottleneck.",
    unit: "short",
    width: 8,
    queries: [{ expr: sum(perSecond(series("cpuSeconds")), "instance"), legend: "cores {{instance}}" }],
  });
}

function scrapeSeries(): PanelPlan {
  return timeSeries({
    title: "Series on the scrape endpoint",
    description: "Living series by exporter. A climb that does not end is an attribute with ever new values.",
    unit: "short",
    width: 8,
    queries: [gauge("series", "{{exporter}}", "exporter")],
  });
}
