import type { Signal } from "../../model/batch.ts";
import { isLoadError } from "../../model/errors.ts";
import type { ComponentContext, Outlet } from "../../pipeline/define.ts";
import { isRefused, isRejected } from "../../pipeline/sink.ts";
import { readOtlpJson } from "../../wire/otlp-json.ts";
import { type OtlpRequest, readOtlpProtobuf } from "../../wire/otlp-request.ts";
import type { FieldViolation } from "../../wire/rpc-status.ts";
import { IntakeMeters, type Transport } from "./intake-meters.ts";

export type Format = "protobuf" | "json";

/** What became of a request, before HTTP or gRPC puts it in its own words. */
export type Answer =
  /** All of it is taken; a `warning` that is not empty goes into a partial success with nothing rejected (B-13). */
  | { readonly kind: "accepted"; readonly warning: string }
  | { readonly kind: "partial"; readonly rejected: number; readonly message: string }
  /** Nothing was taken: try again later. `overload`: we are full, not our target away. */
  | { readonly kind: "refused"; readonly overload: boolean; readonly retryAfterMs: number; readonly message: string }
  | { readonly kind: "malformed"; readonly message: string; readonly violations: readonly FieldViolation[] }
  | { readonly kind: "failed"; readonly message: string };

/** Wait that is asked for where whoever refused did not say: without RetryInfo clients drop what RESOURCE_EXHAUSTED turned away (E-05). */
const DEFAULT_RETRY_AFTER_MS = 1000;

const TAKEN: Answer = { kind: "accepted", warning: "" };

/** The step that HTTP and gRPC share: read a request, push it, count what became of it. */
export class Intake {
  readonly #out: Outlet;
  readonly #context: ComponentContext;
  readonly #meters: IntakeMeters;

  constructor(out: Outlet, context: ComponentContext, transport: Transport) {
    this.#out = out;
    this.#context = context;
    this.#meters = new IntakeMeters(context, transport);
  }

  /** Never rejects. The bytes are borrowed until the promise settles. */
  async take(signal: Signal, format: Format, bytes: Uint8Array): Promise<Answer> {
    let request: OtlpRequest;
    try {
      request = format === "json" ? readOtlpJson(signal, bytes) : readOtlpProtobuf(signal, bytes, this.#meters.lateNotes);
    } catch (error) {
      return this.#unreadable(error);
    }
    const { batch, notes, rejected } = request;
    let lost = 0;
    let reason = "";
    // An empty request is a success and nothing to pass on (B-03, B-04).
    if (batch.count > 0) {
      try {
        await this.#out.push(batch);
      } catch (error) {
        if (isRefused(error)) {
          this.#meters.refused(signal, batch.count + countOf(rejected));
          return { kind: "refused", overload: error.overload, retryAfterMs: error.retryAfterMs || DEFAULT_RETRY_AFTER_MS, message: error.message };
        }
        if (!isRejected(error)) {
          this.#countRejected(signal, rejected);
          this.#meters.failed(signal, batch.count);
          this.#context.log.error({ err: error, signal, items: batch.count }, "the pipeline failed while it took a batch");
          return { kind: "failed", message: `Permanent error: ${messageOf(error)}` };
        }
        lost = Math.min(error.items, batch.count);
        reason = error.message;
      }
    }
    this.#meters.accepted(signal, batch.count - lost);
    this.#meters.refused(signal, lost);
    this.#countRejected(signal, rejected);
    const warning = this.#meters.noted(notes);
    const badItems = countOf(rejected);
    if (lost + badItems === 0) return reason === "" && warning === "" ? TAKEN : { kind: "accepted", warning: sentence([reason, warning]) };
    return { kind: "partial", rejected: lost + badItems, message: sentence([...rejected.map(({ message }) => message), reason, warning]) };
  }

  /** Items that never entered a pipeline stand in the ledger all the same: they were sent, and are lost. */
  #countRejected(signal: Signal, rejected: OtlpRequest["rejected"]): void {
    for (const { reason, items } of rejected) {
      this.#context.ledger.received(this.#context.id, signal, items);
      this.#context.ledger.dropped(this.#context.id, reason, signal, items);
      this.#meters.refused(signal, items);
    }
  }

  #unreadable(error: unknown): Answer {
    this.#meters.unreadable.add(1);
    if (!isLoadError(error) || error.code === "E_INTERNAL") {
      this.#context.log.error({ err: error }, "decoding a request failed for a reason of our own");
      return { kind: "failed", message: messageOf(error) };
    }
    return { kind: "malformed", message: error.message, violations: violationsOf(error) };
  }
}

function countOf(rejected: OtlpRequest["rejected"]): number {
  let items = 0;
  for (const part of rejected) items += part.items;
  return items;
}

function sentence(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("; ");
}

function violationsOf(error: Error): readonly FieldViolation[] {
  return "fieldViolations" in error && Array.isArray(error.fieldViolations) ? error.fieldViolations : [];
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
