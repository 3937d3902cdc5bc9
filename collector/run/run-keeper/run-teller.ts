import type { LogRecord } from "../../model/log-record.ts";
import type { Run, RunPhase } from "../../model/run.ts";
import type { Clock } from "../../model/time.ts";
import type { Log, Outlet } from "../../pipeline/define.ts";
import { isRefused } from "../../pipeline/sink.ts";
import { batchOf } from "../../wire/otlp-batch.ts";
import { overAt, runMetrics, ToldTimes } from "../run-telemetry.ts";

/** So long it is said that a run is over: a scrape a minute still sees it. */
const LINGER_MS = 90_000;
/** Events that wait for an outlet that refuses; beyond that the oldest are given up and counted. */
const MAX_WAITING_EVENTS = 1000;
/** Runs that are told of at the same time; only scripts gone wild end more of them within the time above. */
const MAX_RUNS = 32;

export interface TellerOptions {
  readonly next: Outlet;
  readonly log: Log;
  readonly clock: Clock;
}

interface Told {
  run: Run;
  phases: readonly RunPhase[];
  /** What an accepted push has said to be over. */
  toldOver: ReadonlySet<string>;
  readonly times: ToldTimes;
}

/**
 * Says by telemetry which runs there are, in which phase they are, and what happens in them: at once when something changes, and with every `tick`,
 * for a while after their end too. What is refused is said again with the next tick; never throws.
 */
export class RunTeller {
  readonly #options: TellerOptions;
  readonly #told = new Map<string, Told>();
  readonly #events: LogRecord[] = [];
  #sending: Promise<void> | undefined;
  #isStale = false;
  #isFailing = false;
  /** Events that found no room. */
  givenUp = 0;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** The run has begun, has changed or has ended. */
  changed(run: Run, phases: readonly RunPhase[]): void {
    const { toldOver = new Set<string>(), times = new ToldTimes() } = this.#told.get(run.id) ?? {};
    this.#told.set(run.id, { run, phases, toldOver, times });
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_RUNS && oldest !== undefined) this.#told.delete(oldest);
    void this.tick();
  }

  happened(event: LogRecord): void {
    if (!this.#options.next.signals.has("logs")) return;
    this.#events.push(event);
    if (this.#events.length > MAX_WAITING_EVENTS) {
      this.#events.shift();
      this.givenUp++;
    }
    void this.tick();
  }

  /** Resolves when what there was to say by now has been pushed, or refused. */
  tick(): Promise<void> {
    if (this.#told.size === 0 && this.#events.length === 0) return Promise.resolve();
    this.#isStale = true;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async close(): Promise<void> {
    await this.tick();
    if (this.#events.length > 0) this.#options.log.warn({ events: this.#events.length }, "events of load runs were not taken by what follows");
    if (this.givenUp > 0) this.#options.log.warn({ events: this.givenUp }, "events of load runs were given up: what follows refused for too long");
  }

  async #send(): Promise<void> {
    // What changes during a push is said by the next one.
    while (this.#isStale) {
      // Callers that change several things in one go are told of together.
      await Promise.resolve();
      this.#isStale = false;
      const isWell = (await this.#pushMetrics()) && (await this.#pushEvents());
      if (isWell) this.#isFailing = false;
    }
  }

  async #pushMetrics(): Promise<boolean> {
    const { next, clock } = this.#options;
    const nowMs = clock.nowMs();
    this.#forgetEnded(nowMs);
    if (this.#told.size === 0 || !next.signals.has("metrics")) return true;
    const runs = [...this.#told.values()];
    const over = runs.map((told) => overAt(told, nowMs));
    const isTaken = await this.#pushed(() => next.push(batchOf("metrics", runMetrics(runs, nowMs))));
    if (!isTaken) return false;
    for (const [index, told] of runs.entries()) {
      told.toldOver = new Set(over[index]);
      told.times.heard();
    }
    return true;
  }

  async #pushEvents(): Promise<boolean> {
    const events = this.#events.splice(0);
    if (events.length === 0) return true;
    const isTaken = await this.#pushed(() => this.#options.next.push(batchOf("logs", events)));
    if (!isTaken) this.#events.unshift(...events);
    return isTaken;
  }

  /** False: refused, so worth another attempt. What is rejected has been counted by then. */
  async #pushed(push: () => Promise<void>): Promise<boolean> {
    try {
      await push();
      return true;
    } catch (error) {
      if (!this.#isFailing) this.#options.log.warn({ error: String(error) }, "the telemetry of the load run was not taken");
      this.#isFailing = true;
      return !isRefused(error);
    }
  }

  #forgetEnded(nowMs: number): void {
    for (const [id, { run }] of this.#told) if (run.endUnixMs !== undefined && nowMs - run.endUnixMs > LINGER_MS) this.#told.delete(id);
  }
}
