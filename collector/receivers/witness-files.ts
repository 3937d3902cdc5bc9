import { randomUUID } from "node:crypto";
import type { ITEM_WORDS } from "../model/batch.ts";
import type { LoadItem } from "../model/load-record.ts";
import { unixNanoFromMs } from "../model/time.ts";
import { REAL_PACE } from "../pipeline/backoff.ts";
import type { ComponentContext, Outlet, Running } from "../pipeline/define.ts";
import type { Counter } from "../pipeline/meter.ts";
import type { LoadFormat } from "../wire/generators/reader.ts";
import { lossNote } from "../wire/witness/loss-note.ts";
import { PointTimes } from "../wire/witness/point-times.ts";
import { SpanIds } from "../wire/witness/span-ids.ts";
import { identityOf, type WitnessSurroundings, witnessBatches } from "../wire/witness/witness-batches.ts";
import { LineLanes, type NewRejection } from "./line-lanes.ts";
import { EndClock, Pusher } from "./push-until-taken.ts";
import { TailSet } from "./tail-set.ts";

export interface WitnessFilesOptions {
  /** `k6 file`: how losses of the files are called in a run's ledger. */
  readonly component: string;
  readonly paths: readonly string[];
  readonly isPattern: boolean;
  readonly startAt: "beginning" | "end";
  readonly pollIntervalMs: number;
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  /** `service.instance.id`. */
  readonly instance: string;
  readonly runId: string;
  /** Made anew for each file: which format a line has. */
  readonly route: () => (line: string) => LoadFormat;
  /** The format of files of which no line could be read. */
  readonly usualFormat: LoadFormat;
  readonly needsHeading: (format: LoadFormat) => boolean;
  readonly readsRest: boolean;
  /** Sees every item before it goes on. */
  readonly watch?: (item: LoadItem, path: string) => void;
}

/** At the end what is in the files already is read and pushed, for as long, ms. */
const END_MS = 5000;
/** One read: some hundred lines, a few ms of work between two turns of the event loop. */
const CHUNK_BYTES = 262_144;
const USUAL_LINE_BYTES = 300;

/**
 * Tails the files of a witness and pushes what it says: while a push is pending nothing is read, so the files themselves are the queue.
 * Lines that are not understood are counted by reason, logged once per reason, and told in notes (see loss-note.ts).
 */
export function openWitnessFiles(options: WitnessFilesOptions, out: Outlet, context: ComponentContext): Running {
  const files = new WitnessFiles(options, out, context);
  return { [Symbol.asyncDispose]: () => files.close() };
}

class WitnessFiles {
  readonly #options: WitnessFilesOptions;
  readonly #context: ComponentContext;
  readonly #tails: TailSet;
  readonly #pusher: Pusher;
  readonly #ids = new SpanIds(randomUUID());
  readonly #pointTimes = new PointTimes();
  readonly #clock = new EndClock(END_MS);
  #ended: Promise<void> | undefined;
  readonly #buffer = new Uint8Array(CHUNK_BYTES);
  readonly #said = new Set<string>();
  readonly #accepted: Counter;
  readonly #skipped: Counter;
  readonly #unmeters: readonly (() => void)[];
  #lanes: LineLanes[] = [];
  #pending = new Map<LoadFormat, LoadItem[]>();
  #pendingItems = 0;
  #pendingSinceMs = 0;
  /** Of all files together: how long a line is on the average. */
  #bytesRead = 0;
  #linesRead = 0;
  readonly #finished: Promise<void>;

  constructor(options: WitnessFilesOptions, out: Outlet, context: ComponentContext) {
    this.#options = options;
    this.#context = context;
    this.#pusher = new Pusher(out, context, "file", this.#clock);
    this.#tails = new TailSet({
      paths: options.paths,
      isPattern: options.isPattern,
      startAt: options.startAt,
      nowMs: () => performance.now(),
      begin: (path, skipped) => this.#begin(path, skipped),
      problem: (error) => this.#say(`problem ${error.message}`, "error", { err: error }, "a file cannot be read; it is tried again"),
    });
    const { meter, id } = context;
    const lines = (outcome: string) =>
      meter.counter("pitwall_receiver_lines", "Lines of files, by what became of them; rejected ones are counted by reason.", {
        receiver: id,
        outcome,
      });
    this.#accepted = lines("accepted");
    this.#skipped = lines("skipped");
    const gauge = (name: string, help: string, read: () => number) => meter.gauge(`pitwall_receiver_${name}`, help, { receiver: id }, read);
    this.#unmeters = [
      gauge("open_files", "Files that are being read.", () => this.#tails.openFiles),
      gauge("file_rotations", "Files that were renamed and replaced.", () => this.#tails.rotations),
      gauge("file_truncations", "Files that were truncated and read anew.", () => this.#tails.truncations),
    ];
    const unheard = (["traces", "metrics", "logs"] as const).filter((signal) => !out.signals.has(signal));
    if (unheard.length > 0) {
      context.log.warn(
        { signals: unheard },
        `no pipeline takes ${unheard.join(" and ")} of this receiver: ${unheard.map((signal) => LEFT_OUT[signal]).join(", ")} are left out`,
      );
    }
    this.#finished = this.#run().catch((error: unknown) => {
      context.log.error({ code: "E_INTERNAL", err: error }, "a fault in this receiver: it reads no further");
    });
  }

  close(): Promise<void> {
    this.#ended ??= this.#clock.end(this.#finished, this.#context.outOfTime);
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { closing } = this.#clock;
    while (!closing.aborted) {
      const taken = await this.#tails.poll(this.#buffer);
      this.#bytesRead += taken;
      if (this.#isDue()) await this.#flush();
      if (taken === 0) await REAL_PACE.sleep(this.#options.pollIntervalMs, closing);
    }
    await this.#end();
  }

  /** Reads what is there already to its end, and gives what the readers have kept back. */
  async #end(): Promise<void> {
    const { outOfTime } = this.#clock;
    await this.#tails.beginEnd();
    while (!outOfTime.aborted && (await this.#tails.poll(this.#buffer)) > 0) {
      if (this.#isDue()) await this.#flush();
    }
    const unread = this.#tails.unreadBytes;
    await this.#tails.close();
    if (unread > 0) await this.#leaveUnread(unread);
    await this.#flush();
    for (const unmeter of this.#unmeters) unmeter();
  }

  /** What was still to be read when the time was over: so many lines as it is likely to have. Told before all that waits, while there is time. */
  async #leaveUnread(bytes: number): Promise<void> {
    this.#context.log.error({ bytes }, "the time for the end was over before the files were read to their end");
    this.#count();
    const lineBytes = this.#linesRead === 0 ? USUAL_LINE_BYTES : this.#bytesRead / this.#linesRead;
    const items = Math.max(1, Math.round(bytes / lineBytes));
    const { component, usualFormat } = this.#options;
    const note = lossNote({ component, signal: "lines", reason: "not_read_at_the_end", items }, `about: ${bytes} bytes`);
    for (const batch of witnessBatches(identityOf(usualFormat.facts, this.#options), [note], this.#surroundings())) await this.#pusher.push(batch);
  }

  #begin(path: string, skipped: Uint8Array): LineLanes {
    const { route, readsRest, needsHeading } = this.#options;
    const lanes = new LineLanes({ path, skipped, readsRest, needsHeading, route: route(), emit: (format, item) => this.#emit(format, item, path) });
    this.#lanes.push(lanes);
    this.#context.log.info({ path }, skipped.length === 0 ? "reading from its beginning" : "reading from its end");
    return lanes;
  }

  #emit(format: LoadFormat, item: LoadItem, path: string): void {
    this.#options.watch?.(item, path);
    this.#add(format, item);
  }

  #add(format: LoadFormat, item: LoadItem): void {
    const items = this.#pending.get(format);
    if (items === undefined) this.#pending.set(format, [item]);
    else items.push(item);
    if (this.#pendingItems === 0) this.#pendingSinceMs = performance.now();
    this.#pendingItems += 1;
  }

  #isDue(): boolean {
    this.#count();
    if (this.#pendingItems === 0) return false;
    return this.#pendingItems >= this.#options.batchSize || performance.now() - this.#pendingSinceMs >= this.#options.batchTimeoutMs;
  }

  async #flush(): Promise<void> {
    this.#count();
    const pending = this.#pending;
    this.#pending = new Map();
    this.#pendingItems = 0;
    const surroundings = this.#surroundings();
    for (const [format, items] of pending) {
      for (const batch of witnessBatches(identityOf(format.facts, this.#options), items, surroundings)) {
        for (const piece of batch.split(this.#options.batchSize)) {
          if (this.#clock.outOfTime.aborted) this.#pusher.drop(piece, "shutdown");
          else await this.#pusher.push(piece);
        }
      }
    }
  }

  #surroundings(): WitnessSurroundings {
    return { readUnixNano: unixNanoFromMs(Date.now()), ids: this.#ids, pointTimes: this.#pointTimes };
  }

  /** Counts what the readers have counted, and adds a note for each reason of loss. */
  #count(): void {
    for (const lanes of this.#lanes) {
      const { accepted, skipped, rejections } = lanes.newCounts();
      this.#accepted.add(accepted);
      this.#skipped.add(skipped);
      this.#linesRead += accepted + skipped;
      for (const rejection of rejections) this.#rejected(rejection);
    }
    this.#lanes = this.#lanes.filter(({ isEnded }) => !isEnded);
  }

  #rejected({ path, format = this.#options.usualFormat, reason, count, line }: NewRejection): void {
    const { meter, id } = this.#context;
    meter.counter("pitwall_receiver_lines_rejected", "Lines of files that were not understood, by reason.", { receiver: id, reason }).add(count);
    this.#say(
      `rejected ${reason}`,
      "warn",
      { path, line, reason, format: format.facts.format },
      "a line was not understood and is counted as lost; more for this reason are only counted",
    );
    this.#add(
      format,
      lossNote({ component: this.#options.component, signal: "lines", reason, items: count }, `first at line ${line} of what was read of ${path}`),
    );
  }

  /** Once per key. */
  #say(key: string, level: "warn" | "error", fields: object, message: string): void {
    if (this.#said.has(key) || this.#said.size > 1000) return;
    this.#said.add(key);
    this.#context.log[level](fields, message);
  }
}

const LEFT_OUT = { traces: "requests", metrics: "samples", logs: "notes and losses" } as const satisfies Readonly<
  Record<keyof typeof ITEM_WORDS, string>
>;
