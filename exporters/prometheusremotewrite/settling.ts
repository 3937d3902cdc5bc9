import type { Pace } from "../../collector/pipeline/backoff.ts";
import type { Log } from "../../collector/pipeline/define.ts";
import type { OwnAccount } from "../../collector/pipeline/delivery.ts";
import { orAbort } from "../../collector/pipeline/shutdown.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Verdict } from "./judge-answer.ts";
import type { WriteMeters } from "./write-meters.ts";
import type { WriteRequest } from "./write-request.ts";

export type Outcome = Exclude<Verdict, { kind: "downgrade" }>;

/** Sends requests and writes down what became of them: in the ledger, each point once, and in the meters. */
export class Settling {
  readonly #endpoint: Endpoint;
  readonly #account: OwnAccount;
  readonly #meters: WriteMeters;
  readonly #pace: Pace;
  readonly #log: Log;
  readonly #salvage: boolean;
  /** Monotonic ms. */
  lastTakenMs = Number.NEGATIVE_INFINITY;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #isAway = false;

  constructor(parts: {
    readonly endpoint: Endpoint;
    readonly account: OwnAccount;
    readonly meters: WriteMeters;
    readonly pace: Pace;
    readonly log: Log;
    /** What was turned down is cut into halves and sent again: see `salvages`. */
    readonly salvage: boolean;
  }) {
    this.#salvage = parts.salvage;
    this.#endpoint = parts.endpoint;
    this.#account = parts.account;
    this.#meters = parts.meters;
    this.#pace = parts.pace;
    this.#log = parts.log;
  }

  /** One attempt. What it took or lost is written down already; undefined: there was no answer before the time was over. */
  async attempt(request: WriteRequest, outOfTime: AbortSignal): Promise<Outcome | undefined> {
    let outcome: Outcome | undefined;
    request.lastAttemptMs = this.#pace.nowMs();
    try {
      outcome = await orAbort<Outcome | undefined>(this.#endpoint.send(request), outOfTime, () => undefined);
    } catch (error) {
      // A fault of ours (an encoder that fails): the request would fail for ever.
      this.#log.error({ code: "E_INTERNAL", err: error }, "a fault in this component lost a request");
      outcome = { kind: "lost", reason: "send_failed", words: error instanceof Error ? error.message : String(error) };
    }
    if (outcome?.kind === "taken") this.#taken(request, outcome);
    else if (outcome?.kind === "lost" && !this.salvages(request, outcome)) this.dropped(request, outcome.reason, outcome.words);
    return outcome;
  }

  /** A 1.0 receiver turns all down for one bad sample; what it does not want goes on in halves, and only the bad one is lost in the end. */
  salvages(request: WriteRequest, outcome: Extract<Outcome, { kind: "lost" }>): boolean {
    return this.#salvage && request.isDivisible && (request.body?.version === 1 || outcome.reason === "too_large");
  }

  dropped({ counts }: WriteRequest, reason: string, words: string): void {
    const entries = counts.samples + counts.histograms;
    this.#meters.dropped(reason, entries);
    if (counts.points > 0) this.#account.dropped(reason, counts.points, words);
    else this.#log.warn({ reason, samples: entries }, `samples that belong to no point were not stored: ${words}`);
  }

  poisoned(request: WriteRequest, words: string): void {
    this.dropped(request, "poison", words);
    this.#log.error({ series: seriesText(request), attempts: request.attempts }, `given up, since the receiver fails at it every time: ${words}`);
  }

  /** Points that the next run will send. */
  leftOnDisk(points: number): void {
    this.#account.dropped("left_on_disk", points, "not delivered before the end; the next run sends them");
  }

  /** Tells of a receiver that is away when it begins and every ten seconds. */
  retried(_request: WriteRequest, words: string, log: Log): void {
    this.#meters.retried();
    const nowMs = this.#pace.nowMs();
    this.#isAway = true;
    if (nowMs < this.#quietUntilMs) return;
    this.#quietUntilMs = nowMs + QUIET_MS;
    log.warn({}, `not delivered, trying again: ${words}`);
  }

  #taken({ counts, newestMs }: WriteRequest, { lostEntries, reason, words }: Extract<Outcome, { kind: "taken" }>): void {
    this.lastTakenMs = this.#pace.nowMs();
    if (this.#isAway) {
      this.#isAway = false;
      this.#quietUntilMs = Number.NEGATIVE_INFINITY;
      this.#log.info({}, "the receiver takes data again");
    }
    const entries = counts.samples + counts.histograms;
    // Which of the points were hit is not said: their share is that of the samples, rounded up.
    const lostPoints = lostEntries === 0 ? 0 : Math.min(counts.points, Math.ceil((counts.points * lostEntries) / entries));
    this.#account.exported(counts.points - lostPoints);
    this.#meters.sent(counts, lostEntries, newestMs);
    if (lostEntries === 0) return;
    this.#meters.dropped(reason, lostEntries);
    if (lostPoints > 0) this.#account.dropped(reason, lostPoints, words);
    else this.#log.warn({ reason, samples: lostEntries }, `samples that belong to no point were not stored: ${words}`);
  }
}

/** 10 s. */
const QUIET_MS = 10_000;

function seriesText({ columns }: WriteRequest): string {
  const series = columns?.series[0] ?? columns?.histograms[0]?.series;
  return series === undefined ? "" : `{${series.labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}
