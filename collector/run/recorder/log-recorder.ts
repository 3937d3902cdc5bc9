import type { Attributes } from "../../model/attributes.ts";
import type { KeptLog } from "../../model/ledger.ts";
import type { LogRecord } from "../../model/log-record.ts";
import { msFromUnixNano } from "../../model/time.ts";
import { cutText } from "./cut-text.ts";
import { fateOf } from "./error-type.ts";
import type { JoinTable } from "./join-table.ts";
import { numberAt, textAt, textOf, textsOf } from "./read-value.ts";
import { addDuration, type Counted, countRequests, type RecorderParts, secondAt } from "./recorder-parts.ts";
import type { Sender } from "./senders.ts";

/** OTel logs data model, severity numbers. */
const WARN = 13;
/** A mark of the run is recorded by whoever keeps the run. */
const MARK_EVENT = "loadtest.mark";
const STATUS_KEYS = ["http.response.status_code", "http.status_code", "status_code", "status"] as const;
/** ms: only what says so in its name. */
const LATENCY_KEYS = ["latency_ms", "duration_ms", "elapsed_ms", "response_time_ms"] as const;
const MAX_BODY_CHARACTERS = 500;
const MAX_ID_CHARACTERS = 64;
/** So that one message that repeats leaves room for others. */
const MAX_OF_A_KIND = 200;

/** Counts logs that stand for a request each, and keeps those of failures and warnings. */
export class LogRecorder {
  readonly #parts: RecorderParts;
  readonly #joins: JoinTable;
  readonly #limit: number;
  readonly #kinds = new Map<string, number>();
  #kept = 0;
  #open: KeptLog[] = [];

  constructor(parts: RecorderParts, joins: JoinTable, limit: number) {
    this.#parts = parts;
    this.#joins = joins;
    this.#limit = limit;
  }

  record(sender: Sender, record: LogRecord): void {
    if (record.eventName === MARK_EVENT) return;
    const { attributes } = record;
    const status = statusOf(attributes);
    const timeMs = timeOf(record) ?? this.#parts.arrivedMs();
    const latencyMs = firstNumber(attributes, LATENCY_KEYS);
    const route = textAt(attributes, "http.route");
    if (status !== undefined && (latencyMs !== undefined || route !== "")) this.#count(sender, record, { status, latencyMs, route, timeMs });
    this.#joins.link(record.traceId, textAt(attributes, "request_id"));
    if (record.severityNumber >= WARN || (status !== undefined && status >= 400)) this.#keep(sender, record, status, timeMs);
  }

  /** Logs that are not written yet. */
  take(): readonly KeptLog[] {
    const open = this.#open;
    this.#open = [];
    return open;
  }

  #count(
    sender: Sender,
    { attributes }: LogRecord,
    request: { readonly status: number; readonly latencyMs: number | undefined; readonly route: string; readonly timeMs: number },
  ): void {
    const { status, latencyMs, route, timeMs } = request;
    const method = textAt(attributes, "http.request.method", "http.method", "method").toUpperCase();
    const path = textAt(attributes, "url.path", "http.target", "path", "uri");
    const source = route !== "" ? "route" : path !== "" ? "path" : "none";
    const hop = sender.serverHop;
    const witness = sender.witness(hop);
    witness.heard(this.#parts.arrivedMs(), timeMs);
    const counted: Counted = {
      second: secondAt(this.#parts, timeMs, sender.service),
      source: sender.cells(hop, "logs"),
      instance: sender.instance,
      scenario: "",
      endpoint: this.#parts.endpoints.of(method, route || path, source),
      fate: fateOf(status, textAt(attributes, "error.type"), false),
      witness,
    };
    const cell = countRequests(this.#parts, counted, 1);
    if (cell !== undefined) addDuration(this.#parts, counted, cell, latencyMs);
  }

  #keep(sender: Sender, record: LogRecord, status: number | undefined, timeUnixMs: number): void {
    const body = bodyOf(record);
    const kind = `${sender.service}\n${record.severityNumber}\n${status ?? ""}\n${body}`;
    const ofKind = this.#kinds.get(kind) ?? 0;
    if (this.#kept >= this.#limit || ofKind >= MAX_OF_A_KIND) {
      this.#parts.losses.detail("logs", `warnings and failures beyond the ${this.#limit} that are kept, and beyond ${MAX_OF_A_KIND} of one kind`);
      return;
    }
    this.#kept++;
    this.#kinds.set(kind, ofKind + 1);
    this.#open.push({
      timeUnixMs,
      witness: sender.service,
      severity: cutText(record.severityText, MAX_ID_CHARACTERS) || severityName(record.severityNumber),
      body,
      traceId: cutText(record.traceId, MAX_ID_CHARACTERS),
      attributes: textsOf(record.attributes),
    });
  }
}

function statusOf(attributes: Attributes): number | undefined {
  const status = firstNumber(attributes, STATUS_KEYS);
  return status !== undefined && Number.isInteger(status) && status >= 100 && status <= 999 ? status : undefined;
}

function firstNumber(attributes: Attributes, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const number = numberAt(attributes, key);
    if (number !== undefined) return number;
  }
  return undefined;
}

function timeOf({ timeUnixNano, observedUnixNano }: LogRecord): number | undefined {
  const time = timeUnixNano === 0n ? observedUnixNano : timeUnixNano;
  return time === 0n ? undefined : msFromUnixNano(time);
}

function bodyOf({ body }: LogRecord): string {
  const text = body.kind === "string" ? body.value : textOf(body);
  return text.length > MAX_BODY_CHARACTERS ? `${cutText(text, MAX_BODY_CHARACTERS)}…` : text;
}

/** Names of the six ranges of four. */
function severityName(severityNumber: number): string {
  return ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"][Math.floor((severityNumber - 1) / 4)] ?? "";
}
