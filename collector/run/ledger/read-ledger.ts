import type { DatabaseSync } from "node:sqlite";
import type { LedgerLoss, LedgerWitness, RunLedger } from "../../model/ledger.ts";
import type { LoadAggregate, LoadNote, LoadRunFacts, LoadThreshold } from "../../model/load-record.ts";
import type { Mark, RunPhase } from "../../model/run.ts";
import type { EndpointRule } from "../endpoints/endpoint-rule.ts";
import { resolveEndpoints } from "../endpoints/resolve-endpoints.ts";
import { readFault } from "./ledger-error.ts";
import { parseLedgerJson } from "./ledger-json.ts";
import { openToRead } from "./open-database.ts";
import { runOf } from "./read-run.ts";
import {
  oneOfEach,
  type Rows,
  readCells,
  readClockPairs,
  readEndpointRules,
  readEndpoints,
  readGauges,
  readJoins,
  readLogs,
  readTraces,
  readVotes,
  type SqlRow,
} from "./read-tables.ts";

export interface ReadLedgerOptions {
  /** For endpoints whose names none of the witnesses can bring together. They come before those that the run was recorded with, which hold as well. */
  readonly rules?: readonly EndpointRule[];
}

/**
 * All of a run as of one moment, from its file, also while another process writes it, and after that process died. Marks and phases come by
 * time; points of one series and second are one. Throws: E_LEDGER.
 */
export function readLedger(path: string, { rules = [] }: ReadLedgerOptions = {}): RunLedger {
  const { votes, recordedRules, ...ledger } = readRaw(path);
  return { ...ledger, endpoints: resolveEndpoints(ledger.endpoints, votes, [...rules, ...recordedRules]) };
}

interface RawLedger extends Omit<RunLedger, "endpoints"> {
  readonly endpoints: ReturnType<typeof readEndpoints>;
  readonly votes: ReturnType<typeof readVotes>;
  readonly recordedRules: readonly EndpointRule[];
}

function readRaw(path: string): RawLedger {
  const database = openToRead(path);
  try {
    // One snapshot: what is committed meanwhile is not seen.
    database.exec("BEGIN");
    return rawLedgerOf(database, path);
  } catch (error) {
    throw readFault(path, error);
  } finally {
    database.close();
  }
}

function rawLedgerOf(database: DatabaseSync, path: string): RawLedger {
  const rows: Rows = (sql) => database.prepare(sql).iterate() as Iterable<SqlRow>;
  const bodies = (sql: string): readonly unknown[] => Array.from(rows(sql), (row) => parseLedgerJson(String(row["body"])));
  const facts = (kind: string) => bodies(`SELECT body FROM facts WHERE kind = '${kind}' ORDER BY id`);
  return {
    run: runOf(database, path),
    phases: (bodies("SELECT body FROM phases ORDER BY id") as readonly RunPhase[]).toSorted((a, b) => a.startUnixMs - b.startUnixMs),
    marks: (bodies("SELECT body FROM marks ORDER BY id") as readonly Mark[]).toSorted((a, b) => a.timeUnixMs - b.timeUnixMs),
    witnesses: oneOfEach(bodies("SELECT body FROM witnesses ORDER BY slot") as readonly LedgerWitness[]),
    recordedRules: readEndpointRules(rows),
    endpoints: readEndpoints(rows),
    votes: readVotes(rows),
    cells: readCells(rows),
    joins: readJoins(rows),
    clockPairs: readClockPairs(rows),
    gauges: readGauges(rows),
    traces: readTraces(rows),
    logs: readLogs(rows),
    losses: bodies("SELECT body FROM losses ORDER BY id") as readonly LedgerLoss[],
    aggregates: Array.from(rows("SELECT witness, body FROM facts WHERE kind = 'aggregate' ORDER BY id"), ({ witness, body }) => ({
      witness: String(witness),
      item: parseLedgerJson(String(body)) as LoadAggregate,
    })),
    thresholds: facts("threshold") as readonly LoadThreshold[],
    facts: facts("run") as readonly LoadRunFacts[],
    notes: facts("note") as readonly LoadNote[],
  };
}
