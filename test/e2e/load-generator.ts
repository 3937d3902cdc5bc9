import { parseArgs } from "node:util";
import type { ErrorKind } from "../../collector/model/load-outcome.ts";
import { outcomeOf } from "../../collector/model/load-outcome.ts";
import { BLANK_REQUEST } from "../../collector/model/load-record.ts";
import { unixNanoFromMs } from "../../collector/model/time.ts";
import { openRequestSender } from "../../loadtest/demo/send-requests.ts";

/**
 * A small load generator that `pitwall run` starts in tests: one request after another, each told to the collector that its environment names.
 * Says `load began` on stdout with its first request, and `asked to end` on stderr with a signal.
 */
const { values } = parseArgs({
  options: {
    url: { type: "string" },
    requests: { type: "string", default: "20" },
    /** Between two requests. */
    "pause-ms": { type: "string", default: "5" },
    "exit-code": { type: "string", default: "0" },
    /** Goes on whatever it is asked. */
    stubborn: { type: "boolean", default: false },
    /** Tells nobody. */
    silent: { type: "boolean", default: false },
  },
});

const { OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl = "", PITWALL_RUN_ID: runId = "" } = process.env;
/** Whoever started it; a test that fails must not leave it behind. */
const parent = process.ppid;
let isAsked = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    process.stderr.write(`asked to end by ${signal}\n`);
    isAsked = !values.stubborn;
  });
}

const sender = values.silent ? undefined : openRequestSender(otlpUrl, runId);
for (let sent = 0; sent < Number(values.requests) && !isAsked && process.ppid === parent; sent++) {
  const startUnixMs = Date.now();
  const status = values.url === undefined ? 200 : await statusOf(values.url);
  if (sent === 0) process.stdout.write("load began\n");
  const errorKind: ErrorKind | undefined = status >= 500 ? "http_5xx" : status >= 400 ? "http_4xx" : undefined;
  const endUnixMs = Math.max(Date.now(), startUnixMs + 1);
  sender?.add({
    ...BLANK_REQUEST,
    endpoint: { method: "GET", name: "/works", url: values.url ?? "/works", source: "route" },
    startUnixNano: unixNanoFromMs(startUnixMs),
    endUnixNano: unixNanoFromMs(endUnixMs),
    durationMs: endUnixMs - startUnixMs,
    durationMeans: "intended_start_to_last_byte",
    errorKind,
    outcome: outcomeOf(errorKind),
    status,
  });
  await new Promise((resolve) => setTimeout(resolve, Number(values["pause-ms"])));
}
await sender?.[Symbol.asyncDispose]();
process.exitCode = isAsked ? 105 : Number(values["exit-code"]);

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}
