import type { Terminal } from "../terminal.ts";
import type { RunProgress } from "./run-client.ts";

const INTERVAL_MS = 10_000;

/** A line every ten seconds with what each hop has counted: the load generator has the terminal, so nothing is drawn over. */
export function openProgressLines(terminal: Terminal, progress: () => Promise<RunProgress>): Disposable {
  const beganMs = performance.now();
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const { hops } = await progress();
      const seconds = Math.round((performance.now() - beganMs) / 1000);
      terminal.writeError(`${terminal.style("gray", `[pitwall ${seconds}s]`)} ${formatHops(hops)}\n`);
    } catch {
      // Said at the end, where it matters.
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), INTERVAL_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

/** `client 1 200 (3 failed) p95 41 ms ▸ proxy 1 197 ▸ application 1 197 p95 12 ms`. */
export function formatHops(hops: RunProgress["hops"]): string {
  if (hops.length === 0) return "no request heard of yet";
  return hops
    .map(({ hop, requests, failures, p95Ms }) => {
      const failed = failures === 0 ? "" : ` (${failures} failed)`;
      const p95 = p95Ms === undefined || p95Ms === null ? "" : ` p95 ${p95Ms < 10 ? p95Ms.toFixed(1) : Math.round(p95Ms)} ms`;
      return `${hop} ${requests}${failed}${p95}`;
    })
    .join(" ▸ ");
}
