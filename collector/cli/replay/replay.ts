import { type Recorded, readRecording, recordingParts } from "../../../exporters/file/read-recording.ts";
import { HttpTarget } from "../../../exporters/http-target.ts";
import { judgeAnswer } from "../../../exporters/otlp_http/judge-answer.ts";
import { networkWords } from "../../../exporters/otlp_http/otlp-http.ts";
import type { Batch } from "../../model/batch.ts";
import { EXIT, LoadError } from "../../model/errors.ts";
import { type Pace, REAL_PACE } from "../../pipeline/backoff.ts";
import { isRefused, isRejected } from "../../pipeline/sink.ts";
import type { ReplayOptions } from "../commands/replay.ts";
import type { Terminal } from "../terminal.ts";
import { Pacer } from "./pacer.ts";
import { Progress } from "./progress.ts";

const TIMEOUT_MS = 30_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/**
 * Sends recordings, file after file, each preceded by its rotated parts. Returns the exit code.
 * Throws: E_FILE where a file cannot be read, E_TARGET_UNAVAILABLE where nobody answers, or no batch is taken, for as long as `patience`.
 */
export async function replay(files: readonly string[], options: ReplayOptions, terminal: Terminal, pace: Pace = REAL_PACE): Promise<number> {
  using target = new HttpTarget({ timeoutMs: TIMEOUT_MS });
  const progress = new Progress(terminal);
  const { tally } = progress;
  const sender = new Sender(target, options, progress, pace);
  try {
    for (const file of files) {
      for await (const recorded of recording(file, options)) {
        tally.records++;
        await sender.send(recorded);
        progress.tick();
      }
    }
  } finally {
    progress.end();
  }
  if (tally.records > 0 && tally.failedRecords === tally.records) {
    throw new LoadError("E_FILE", "nothing in the recording could be read", {
      hint: "replay reads what the file exporter writes: OTLP/JSON lines or length-prefixed protobuf.",
    });
  }
  return EXIT.ok;
}

async function* recording(file: string, { signal }: ReplayOptions): AsyncGenerator<Recorded> {
  try {
    for (const part of await recordingParts(file)) yield* readRecording(part, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && "syscall" in error)) throw error;
    throw new LoadError("E_FILE", `${file}: ${error.message}`, { cause: error });
  }
}

class Sender {
  readonly #target: HttpTarget;
  readonly #options: ReplayOptions;
  readonly #progress: Progress;
  readonly #pace: Pace;
  readonly #pacer: Pacer;

  constructor(target: HttpTarget, options: ReplayOptions, progress: Progress, pace: Pace) {
    this.#target = target;
    this.#options = options;
    this.#progress = progress;
    this.#pace = pace;
    this.#pacer = new Pacer(options.speed, pace);
  }

  async send(recorded: Recorded): Promise<void> {
    const { tally } = this.#progress;
    if ("problem" in recorded) {
      tally.failedRecords++;
      this.#progress.tell(`${recorded.where}: ${recorded.problem}`);
      return;
    }
    const { batch, where } = recorded;
    for (const { items, message } of recorded.lost) {
      tally.refusedItems += items;
      this.#progress.tell(`${where}: ${message}`);
    }
    if (batch.count === 0) return;
    await this.#pacer.wait(batch);
    try {
      const warning = await this.#deliver(batch);
      tally.sentItems += batch.count;
      if (warning !== "") this.#progress.tell(`${where}: the target took all, but says: ${warning}`);
    } catch (error) {
      const lost = isRejected(error) ? error.items : batch.count;
      tally.refusedItems += lost;
      tally.sentItems += batch.count - lost;
      if (!isRejected(error)) throw error;
      this.#progress.tell(`${where}: ${error.message}`);
    }
  }

  /** The target's warning. Tries again what is refused for now, as long as `patience`. */
  async #deliver(batch: Batch): Promise<string> {
    const { to, patience } = this.#options;
    const url = new URL(to);
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/${batch.signal}`;
    const startMs = this.#pace.nowMs();
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      const answer = await this.#attempt(batch, url);
      if (typeof answer === "string") return answer;
      const pauseMs = Math.max(answer.retryAfterMs, waitMs);
      if (this.#pace.nowMs() - startMs + pauseMs > patience) throw new LoadError("E_TARGET_UNAVAILABLE", `${url.href}: ${answer.message}`);
      await this.#pace.sleep(pauseMs, NEVER);
    }
  }

  async #attempt(batch: Batch, url: URL): Promise<string | { readonly retryAfterMs: number; readonly message: string }> {
    try {
      return judgeAnswer(batch, await this.#target.post(this.#target.open(url), HEADERS, batch.encoded), Date.now());
    } catch (error) {
      if (isRejected(error)) throw error;
      return isRefused(error) ? error : { retryAfterMs: 0, message: networkWords(error) };
    }
  }
}

const HEADERS = { "content-type": "application/x-protobuf", "user-agent": "Pitwall-replay" };
const NEVER = new AbortController().signal;
