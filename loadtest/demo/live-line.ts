import type { FlowView, ServerView } from "./collector-view.ts";
import { formatCount } from "./table.ts";

/** Everything of one moment in one line, at most `columns` wide. */
export function formatLiveLine(elapsedMs: number, server: ServerView, flow: FlowView, columns = Number.POSITIVE_INFINITY): string {
  const rejected = [...server.requests.values()].reduce((sum, statuses) => sum + (statuses.get(429) ?? 0), 0);
  const parts = [
    `${String(Math.round(elapsedMs / 1000)).padStart(3)} s`,
    `permits ${formatCount(server.permits)}/${formatCount(server.permitsLimit)} (min ${formatCount(server.permitsMin)})`,
    `429 ${formatCount(rejected)}`,
    `p95 ${server.p95Ms === undefined ? "–" : `${server.p95Ms.toFixed(0)} ms`}`,
    `cache ${server.cacheHitRatio === undefined ? "–" : `${(server.cacheHitRatio * 100).toFixed(0)} %`}`,
    `RSS ${server.residentBytes === undefined ? "–" : `${(server.residentBytes / 2 ** 20).toFixed(0)} MiB`}`,
    `fds ${formatCount(server.fileDescriptors)}`,
    `telemetry ${formatCount(flow.received)} in, ${formatCount(flow.exported)} out, ${formatCount(flow.dropped)} dropped`,
  ];
  const line = parts.join("  ");
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}

/** Writes lines over one another on a terminal, else one below the other at most every `plainIntervalMs`. */
export class LiveLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #plainIntervalMs: number;
  #nextPlainMs = 0;
  #isShown = false;
  #isOver = false;

  constructor(stream: NodeJS.WriteStream, plainIntervalMs: number) {
    this.#stream = stream;
    this.#plainIntervalMs = plainIntervalMs;
  }

  show(elapsedMs: number, server: ServerView, flow: FlowView): void {
    if (this.#isOver) return;
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\x1b[2K${formatLiveLine(elapsedMs, server, flow, this.#stream.columns)}`);
      this.#isShown = true;
    } else if (elapsedMs >= this.#nextPlainMs) {
      this.#stream.write(`${formatLiveLine(elapsedMs, server, flow)}\n`);
      this.#nextPlainMs = (Math.floor(elapsedMs / this.#plainIntervalMs) + 1) * this.#plainIntervalMs;
    }
  }

  /** The last line stays, and what follows begins below it; a reading that comes late is not shown. */
  end(): void {
    if (this.#isShown) this.#stream.write("\n");
    this.#isOver = true;
  }
}
