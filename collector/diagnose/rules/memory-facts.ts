import { METRICS } from "../../model/catalog.ts";
import type { GaugeSeries } from "../../model/ledger.ts";
import type { GaugeLookup } from "./rule.ts";

/** What is looked at for leaks, most telling first: private memory where a server tells of it, else resident, else a heap. */
export const MEMORY_METRICS = [METRICS.processMemoryPrivate.name, METRICS.processMemoryUsage.name] as const;

/** Of the host, which tells both for each process it watches. */
const HOST_PRIVATE = "pitwall.host.process.memory.private";
/** Heaps of runtimes, as their SDKs report them. */
const HEAP = /^(v8js\.memory\.heap\.used|nodejs\.memory\.heap\.used|process\.runtime\..*\.heap.*|go\.memory\.used|jvm\.memory\.used)$/;

export function memorySeries(gauges: GaugeLookup): readonly GaugeSeries[] {
  return [...gauges.named(...MEMORY_METRICS, HOST_PRIVATE), ...gauges.matching(HEAP)];
}

/** How many connections were open, by whoever counts them: of sockets by state, the established ones. */
export function connectionSeries(gauges: GaugeLookup): readonly GaugeSeries[] {
  return gauges.matching(/connections?(\.established|\.count|\.active)?$/).filter(({ kind, attributes }) => {
    const state = attributes["network.connection.state"] ?? attributes["state"];
    return kind === "gauge" && (state === undefined || /^established$/i.test(state));
  });
}
