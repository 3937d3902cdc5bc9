import type { SumKey } from "../../model/ledger.ts";
import { PHASES } from "../../model/load-outcome.ts";
import type { LoadRequest, UpstreamTry } from "../../model/load-record.ts";
import { msFromUnixNano } from "../../model/time.ts";
import type { WitnessIdentity } from "../../wire/witness/witness-batches.ts";
import type { CellSources } from "./cell-sources.ts";
import { type CellSource, cellStatus } from "./cell-table.ts";
import { cutText } from "./cut-text.ts";
import type { JoinTable } from "./join-table.ts";
import type { OpenCell } from "./open-cell.ts";
import { addDuration, type Counted, countRequests, type RecorderParts, secondAt } from "./recorder-parts.ts";
import { totalOf } from "./upstream-times.ts";
import type { WitnessRecord } from "./witness-table.ts";

const MAX_NAME_CHARACTERS = 200;

/** A witness of single requests, as the recorder knows it. */
export interface RequestWitness {
  readonly hop: "client" | "proxy";
  readonly name: string;
  readonly instance: string;
  readonly record: WitnessRecord;
  readonly cells: CellSource;
  /** Whether its log tells connect times: only then does their absence mean that an upstream was not reached. */
  tellsConnect: boolean;
}

export function requestWitness(
  identity: Pick<WitnessIdentity, "hop" | "name" | "instance" | "format">,
  record: WitnessRecord,
  sources: CellSources,
): RequestWitness | undefined {
  const { hop, name, instance, format } = identity;
  if (hop === "host") return undefined;
  const cells = sources.of(hop, "requests", name);
  return { hop, name, instance, record, cells, tellsConnect: format === "nginx-timing" };
}

/** Counts one request of a client or proxy in the second of its end, and gives it to the joins. */
export function recordRequest(parts: RecorderParts, joins: JoinTable, witness: RequestWitness, request: LoadRequest): void {
  const endMs = endOf(request);
  if (endMs === undefined || !(endMs > 0)) {
    parts.losses.add("requests", "requests without a time");
    return;
  }
  const { method, name, url, source } = request.endpoint;
  const endpoint = parts.endpoints.of(method, name === "" ? url : name, source);
  const fate = { outcome: request.outcome, errorKind: request.errorKind, status: cellStatus(request.status) };
  const second = secondAt(parts, endMs, witness.name);
  const counted: Counted = {
    second,
    source: witness.cells,
    instance: instanceOf(request, witness),
    scenario: cutText(request.scenario, MAX_NAME_CHARACTERS),
    endpoint,
    fate,
    witness: witness.record,
  };
  witness.record.heard(parts.arrivedMs(), Math.min(endMs, (second + 1) * 1000));
  const cell = countRequests(parts, counted, 1);
  if (cell === undefined) return;
  addDuration(parts, counted, cell, request.durationMs);
  addSums(cell, request, witness);
  joins.addRequest(witness.hop, witness.name, request, endpoint, endMs);
}

/** A request that only says when it began, and not how long it took, ended then as far as anybody knows. */
function endOf({ endUnixNano, startUnixNano, durationMs = 0 }: LoadRequest): number | undefined {
  if (endUnixNano !== undefined) return msFromUnixNano(endUnixNano);
  if (startUnixNano === undefined) return undefined;
  return msFromUnixNano(startUnixNano) + (durationMs >= 0 && durationMs < Infinity ? durationMs : 0);
}

/** Of a proxy the upstream that it asked last: what load is balanced over. */
function instanceOf({ proxy }: LoadRequest, { instance }: RequestWitness): string {
  if (proxy === undefined) return instance;
  for (let index = proxy.tries.length - 1; index >= 0; index--) {
    const { address } = proxy.tries[index] as UpstreamTry;
    if (address !== "") return cutText(address, MAX_NAME_CHARACTERS);
  }
  return proxy.askedUpstream === false ? "" : instance;
}

function addSums(cell: OpenCell, request: LoadRequest, witness: RequestWitness): void {
  const { phases, proxy } = request;
  for (const phase of PHASES) addNumber(cell, phase, phases[phase]);
  addNumber(cell, "request_bytes", request.requestBytes);
  addNumber(cell, "response_bytes", request.responseBytes);
  addFlag(cell, "new_connection", request.newConnection);
  if (proxy === undefined) return;
  addFlag(cell, "incomplete", proxy.complete === undefined ? undefined : !proxy.complete);
  addFlag(cell, "local", proxy.askedUpstream === undefined ? undefined : !proxy.askedUpstream);
  if (proxy.askedUpstream !== undefined || proxy.tries.length > 0) cell.addSum("tries", proxy.tries.length);
  addTries(cell, proxy.tries, witness);
}

function addTries(cell: OpenCell, tries: readonly UpstreamTry[], witness: RequestWitness): void {
  if (tries.length === 0) return;
  const connect = totalOf(tries, "connectMs");
  if (connect !== undefined) witness.tellsConnect = true;
  addNumber(cell, "upstream_connect", connect);
  addNumber(cell, "upstream_header", totalOf(tries, "headerMs"));
  addNumber(cell, "upstream_response", totalOf(tries, "responseMs"));
  if (witness.tellsConnect) cell.addSum("failed_connects", tries.filter(isFailedConnect).length);
}

/** nginx writes `-` for the connect time of a try that did not reach its upstream. */
function isFailedConnect({ connectMs, headerMs }: UpstreamTry): boolean {
  return connectMs === undefined && headerMs === undefined;
}

/** What is less than nothing was measured by a clock that was set meanwhile. */
function addNumber(cell: OpenCell, key: SumKey, value: number | undefined): void {
  if (value !== undefined && value >= 0) cell.addSum(key, value);
}

function addFlag(cell: OpenCell, key: SumKey, value: boolean | undefined): void {
  if (value !== undefined) cell.addSum(key, value ? 1 : 0);
}
