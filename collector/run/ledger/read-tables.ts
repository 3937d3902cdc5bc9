import type { SQLOutputValue } from "node:sqlite";
import type {
  ClockPair,
  GaugePoint,
  GaugeSeries,
  KeptLog,
  LedgerCell,
  LedgerEndpoint,
  LedgerJoin,
  LedgerWitness,
  SampledTrace,
} from "../../model/ledger.ts";
import { type EndpointRule, parseEndpointRules } from "../endpoints/endpoint-rule.ts";
import type { GaugeIdentity } from "../ledger-writer.ts";
import { decodeCountedSums } from "./counted-sums.ts";
import { parseLedgerJson } from "./ledger-json.ts";

/** Column by column; the columns' types are those of the schema. */
export type SqlRow = Readonly<Record<string, SQLOutputValue>>;
export type Rows = (sql: string) => Iterable<SqlRow>;
type RawEndpoint = Pick<LedgerEndpoint, "method" | "name" | "source">;

export function readEndpoints(rows: Rows): readonly RawEndpoint[] {
  return Array.from(rows("SELECT * FROM endpoints ORDER BY id"), ({ method, name, source }) => ({
    method: text(method),
    name: text(name),
    source: source as RawEndpoint["source"],
  }));
}

export function readVotes(rows: Rows): readonly { readonly endpoint: number; readonly as: number; readonly count: number }[] {
  return Array.from(rows("SELECT * FROM votes"), (row) => ({
    endpoint: Number(row["endpoint"]),
    as: Number(row["same_as"]),
    count: number(row["count"]),
  }));
}

/** Throws: LoadError E_CONFIG_INVALID, SyntaxError for what was not written here. */
export function readEndpointRules(rows: Rows): readonly EndpointRule[] {
  const [found] = Array.from(rows("SELECT value FROM meta WHERE key = 'endpoint_rules'"), ({ value }) => text(value));
  return found === undefined ? [] : parseEndpointRules(JSON.parse(found));
}

/** Several writers of one file may have heard the same witness. */
export function oneOfEach(witnesses: readonly LedgerWitness[]): readonly LedgerWitness[] {
  const byIdentity = new Map<string, LedgerWitness>();
  for (const one of witnesses) {
    const key = `${one.hop}\n${one.name}\n${one.format}`;
    const before = byIdentity.get(key);
    byIdentity.set(key, before === undefined ? one : bothHeard(before, one));
  }
  return [...byIdentity.values()];
}

function bothHeard(before: LedgerWitness, then: LedgerWitness): LedgerWitness {
  return {
    ...then,
    sources: [...new Set([...before.sources, ...then.sources])],
    firstUnixMs: Math.min(before.firstUnixMs, then.firstUnixMs),
    lastUnixMs: Math.max(before.lastUnixMs, then.lastUnixMs),
    items: before.items + then.items,
  };
}

/** Rising in `second`; those of one second in the order in which they were written. Throws: RangeError for rows that fit to no stream. */
export function readCells(rows: Rows): readonly LedgerCell[] {
  const words = readWords(rows);
  const streams = Array.from(rows("SELECT * FROM streams ORDER BY id"), streamOf);
  return Array.from(rows("SELECT * FROM cells ORDER BY second, rowid"), ({ second, stream, count, latency, sums }) => {
    const key = streams[Number(stream)];
    if (key === undefined) throw new RangeError(`a row of the unknown stream ${String(stream)}`);
    return {
      second: number(second),
      ...key,
      count: number(count),
      latency: bytesOrNone(latency),
      sums: sums === null ? {} : decodeCountedSums(sums as Uint8Array, words),
    };
  });
}

export function readJoins(rows: Rows): readonly LedgerJoin[] {
  const words = readWords(rows);
  return Array.from(rows("SELECT * FROM joins ORDER BY second, rowid"), (row) => ({
    second: number(row["second"]),
    endpoint: Number(row["endpoint"]),
    by: row["told_by"] as LedgerJoin["by"],
    parts: row["parts"] === null ? {} : decodeCountedSums(row["parts"] as Uint8Array, words),
    count: number(row["count"]),
    ...(row["failed"] === 1 ? { failed: true } : {}),
  }));
}

export function readClockPairs(rows: Rows): readonly ClockPair[] {
  return Array.from(rows("SELECT * FROM clock_pairs ORDER BY rowid"), (row) => ({
    outer: row["outer_hop"] as ClockPair["outer"],
    inner: row["inner_hop"] as ClockPair["inner"],
    outerStartMs: number(row["outer_start_ms"]),
    outerEndMs: number(row["outer_end_ms"]),
    innerStartMs: number(row["inner_start_ms"]),
    innerEndMs: number(row["inner_end_ms"]),
  }));
}

/** Series of which there is no point are not there. Points of one series and second become one. */
export function readGauges(rows: Rows): readonly GaugeSeries[] {
  const identities = Array.from(rows("SELECT * FROM series ORDER BY id"), identityOf);
  const points: GaugePoint[][] = identities.map(() => []);
  for (const row of rows("SELECT * FROM points ORDER BY series, second, rowid")) {
    const own = points[Number(row["series"])];
    if (own === undefined) throw new RangeError(`a point of the unknown series ${String(row["series"])}`);
    const point = pointOf(row);
    const last = own.at(-1);
    if (last?.second === point.second) own[own.length - 1] = joined(last, point);
    else own.push(point);
  }
  return identities.flatMap((identity, index) => (points[index]?.length === 0 ? [] : [{ ...identity, points: points[index] ?? [] }]));
}

/** In the order in which they were saved. Throws: SyntaxError, TypeError, RangeError for what was not written here. */
export function readTraces(rows: Rows): readonly SampledTrace[] {
  const [order] = Array.from(rows("SELECT value FROM meta WHERE key = 'trace_order'"), ({ value }) => JSON.parse(text(value)) as readonly number[]);
  if (order === undefined) return [];
  const traces = new Map(
    Array.from(rows("SELECT * FROM traces"), ({ id, body }) => [Number(id), parseLedgerJson(text(body)) as SampledTrace] as const),
  );
  return order.map((id) => {
    const trace = traces.get(id);
    if (trace === undefined) throw new RangeError(`there is no trace ${id}`);
    return trace;
  });
}

export function readLogs(rows: Rows): readonly KeptLog[] {
  return Array.from(rows("SELECT * FROM logs ORDER BY rowid"), (row) => ({
    timeUnixMs: number(row["time_ms"]),
    witness: text(row["witness"]),
    severity: text(row["severity"]),
    body: text(row["body"]),
    traceId: text(row["trace_id"]),
    attributes: JSON.parse(text(row["attributes"])) as KeptLog["attributes"],
  }));
}

function readWords(rows: Rows): readonly string[] {
  return Array.from(rows("SELECT word FROM words ORDER BY id"), ({ word }) => text(word));
}

function streamOf(row: SqlRow): Omit<LedgerCell, "second" | "count" | "latency" | "sums"> {
  return {
    hop: row["hop"] as LedgerCell["hop"],
    source: row["source"] as LedgerCell["source"],
    witness: text(row["witness"]),
    instance: text(row["instance"]),
    endpoint: Number(row["endpoint"]),
    scenario: text(row["scenario"]),
    outcome: row["outcome"] as LedgerCell["outcome"],
    errorKind: (row["error_kind"] ?? undefined) as LedgerCell["errorKind"],
    status: row["status"] === null ? undefined : number(row["status"]),
  };
}

function identityOf(row: SqlRow): GaugeIdentity {
  return {
    name: text(row["name"]),
    unit: text(row["unit"]),
    kind: row["kind"] as GaugeSeries["kind"],
    hop: (row["hop"] ?? undefined) as GaugeSeries["hop"],
    witness: text(row["witness"]),
    instance: text(row["instance"]),
    attributes: JSON.parse(text(row["attributes"])) as GaugeSeries["attributes"],
  };
}

function pointOf(row: SqlRow): GaugePoint {
  return {
    second: number(row["second"]),
    min: number(row["min"]),
    max: number(row["max"]),
    last: number(row["last"]),
    sum: number(row["sum"]),
    n: number(row["n"]),
  };
}

function joined(first: GaugePoint, then: GaugePoint): GaugePoint {
  return {
    second: first.second,
    min: Math.min(first.min, then.min),
    max: Math.max(first.max, then.max),
    last: then.last,
    sum: first.sum + then.sum,
    n: first.n + then.n,
  };
}

/** SQLite keeps NaN as NULL. */
function number(value: SQLOutputValue | undefined): number {
  return value === null ? Number.NaN : Number(value);
}

function text(value: SQLOutputValue | undefined): string {
  return String(value);
}

function bytesOrNone(value: SQLOutputValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
