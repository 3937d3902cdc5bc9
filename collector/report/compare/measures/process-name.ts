import type { GaugeSeries } from "../../../model/ledger.ts";

/** Processes that the host receiver may watch besides the server. */
const GENERATORS = /^(k6|wrk2?|ab|hey|oha|vegeta|locust|artillery|autocannon|siege|h2load)$/;
/** New with each start, or parts of one figure. */
const NO_NAMES = new Set(["pitwall.process", "process.pid", "cpu.mode", "process.cpu.state", "state", "service.name"]);

/**
 * What a process is called in every run: its name in the host receiver's configuration or whose telemetry it is, then what else tells series
 * apart (the column `Name` of a memory table); never its pid nor an instance, both of which are new each time.
 */
export function processName({ hop, witness, attributes }: GaugeSeries): string {
  const others = Object.entries(attributes).flatMap(([key, value]) => (NO_NAMES.has(key) || value === "" ? [] : [value]));
  // A table of memory that was read with the generator's files is of the processes that it names.
  const teller = hop === "client" && others.length > 0 ? "" : witness;
  return [attributes["pitwall.process"] ?? attributes["service.name"] ?? teller, ...others].filter((word) => word !== "").join(" ");
}

/** Series of each process that bears the load, in the order in which they were first seen. */
export function byProcess(series: readonly GaugeSeries[]): ReadonlyMap<string, readonly GaugeSeries[]> {
  return Map.groupBy(
    series.filter((one) => one.points.length > 0 && !isGenerator(one)),
    processName,
  );
}

function isGenerator(series: GaugeSeries): boolean {
  const name = processName(series);
  return GENERATORS.test(name) || (series.hop === "client" && name === series.witness);
}
