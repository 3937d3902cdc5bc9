import { setTimeout as wait } from "node:timers/promises";
import { Process } from "../../interop/child-process.ts";
import { accepted, pitwallScrapeable } from "../contender.ts";
import { SERVER_CORE, sendAtRate } from "../load.ts";
import { loadPayload } from "../payloads.ts";
import { residentMiB } from "../process-usage.ts";
import { median } from "../rounds.ts";
import type { Bench } from "../row.ts";

/** After the start: what initialisation has left over is collected. */
const IDLE_MS = 3000;
const LOADED_SECONDS = 20;
const BARE_SERVER = `require("node:http").createServer((_, response) => response.end()).listen(0, "127.0.0.1", () => console.log("ready"))`;

interface Start {
  readonly readyMs: number;
  readonly idleMiB: number;
}

/** B11: memory of the built form, idle and under 70 000 points a second, and how long it takes to be ready. */
export const footprintBench: Bench = {
  id: "B11",
  title: "memory and start of the built form",
  async run(options) {
    const ours: Start[] = [];
    const bare: Start[] = [];
    for (let round = 0; round < options.rounds; round++) {
      ours.push(await measureStart(pitwallScrapeable));
      bare.push(await measureStart(startBareServer));
    }
    const loaded = await loadedMiB();
    const idle = (starts: readonly Start[]) => median(starts.map((start) => start.idleMiB));
    const ready = (starts: readonly Start[]) => median(starts.map((start) => start.readyMs));
    const name = "bare node:http server";
    return [
      {
        bench: "B11",
        what: "resident memory, idle",
        unit: "MiB",
        ours: idle(ours),
        peer: { name, value: idle(bare) },
        must: { of: "ratio", atMost: 2 },
      },
      { bench: "B11", what: "highest resident memory at 70 000 points/s", unit: "MiB", ours: loaded, must: { of: "value", atMost: 105 } },
      { bench: "B11", what: "start to ready", unit: "ms", ours: ready(ours), peer: { name, value: ready(bare) }, must: { of: "value", atMost: 300 } },
    ];
  },
};

async function measureStart(start: () => Promise<AsyncDisposable & { readonly pid: number }>): Promise<Start> {
  const startMs = performance.now();
  await using started = await start();
  const readyMs = performance.now() - startMs;
  await wait(IDLE_MS);
  return { readyMs, idleMiB: residentMiB(started.pid).now };
}

async function startBareServer(): Promise<AsyncDisposable & { readonly pid: number }> {
  const bare = new Process({ file: process.execPath, arguments: ["-e", BARE_SERVER], cores: SERVER_CORE });
  await bare.waitFor("ready line", () => (bare.stdout.includes("ready") ? true : undefined));
  return bare;
}

async function loadedMiB(): Promise<number> {
  const payload = await loadPayload("metrics-700", "protobuf");
  await using ours = await pitwallScrapeable();
  const { succeeded, failed } = await sendAtRate(ours, payload, 100, LOADED_SECONDS);
  const items = await accepted(ours, "metrics");
  if (failed > 0 || items < succeeded * payload.items || succeeded < 99 * LOADED_SECONDS) {
    throw new Error(`70 000 points/s were not taken: ${succeeded} requests answered, ${failed} failed, ${items} points accepted`);
  }
  return residentMiB(ours.pid).peak;
}
