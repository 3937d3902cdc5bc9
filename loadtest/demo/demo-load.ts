import { parseArgs } from "node:util";
import { drive } from "../driver/driver.ts";
import { startRunTelemetry } from "../driver/run-telemetry.ts";
import { demoLoad, demoPhases } from "./load.ts";
import { requestOfResult } from "./request-of-result.ts";
import { openRequestSender } from "./send-requests.ts";

/**
 * The load generator of the demo, as `pitwall run` starts any: it learns from its environment where telemetry goes and which run it is part of.
 * `node loadtest/demo/demo-load.ts --base-url URL --seconds N --rate N`
 */
const { values } = parseArgs({
  options: { "base-url": { type: "string" }, seconds: { type: "string", default: "15" }, rate: { type: "string", default: "120" } },
});
const { OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl, PITWALL_RUN_ID: runId } = process.env;
if (values["base-url"] === undefined || otlpUrl === undefined || runId === undefined) {
  process.stderr.write(
    "demo-load is started by `pitwall run` (npm run demo does it): it needs --base-url, OTEL_EXPORTER_OTLP_ENDPOINT and PITWALL_RUN_ID\n",
  );
  process.exit(64);
}

const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => controller.abort());

/** The phases last a few seconds: what was planned in one must not be told in the next. */
const INTERVAL_MS = 100;

/** Where `pitwall run` was killed nobody hears the load any more, and nobody would end it. */
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 500).unref();

const seconds = Number(values.seconds);
const phases = demoPhases(seconds);
const run = { id: runId, name: "demo", scenario: "spike" };
await using telemetry = await startRunTelemetry({ otlpUrl, run, phases, tellsRun: false, intervalMs: INTERVAL_MS });
await using sender = openRequestSender(otlpUrl, runId);
const load = demoLoad(values["base-url"], seconds, Number(values.rate), controller.signal);
const driven = await drive({
  ...load,
  observer: {
    planned: () => telemetry.observer.planned(),
    dropped: () => telemetry.observer.dropped(),
    ended(target, result, sent) {
      telemetry.observer.ended(target, result, sent);
      sender.add(requestOfResult(target, result, sent));
    },
  },
});
await sender[Symbol.asyncDispose]();
await telemetry.end();
const lost = sender.lost === 0 ? "" : `; ${sender.lost} of them could not be told to the collector`;
process.stderr.write(`driver: ${driven.sent} requests in ${(driven.elapsedMs / 1000).toFixed(1)} s, ${driven.dropped} not sent in time${lost}\n`);
