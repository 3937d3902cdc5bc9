import { setTimeout as wait } from "node:timers/promises";
import { accepted, type Contender } from "./contender.ts";
import type { LoadResult } from "./load.ts";
import type { Payload } from "./payloads.ts";
import { cpuSeconds } from "./process-usage.ts";

export interface Round {
  /** Accepted by the server, by its own count. */
  readonly items: number;
  readonly requests: number;
  readonly cpuSeconds: number;
}

export type Load = (contender: Contender, payload: Payload) => Promise<LoadResult>;

const SETTLE_MS = 100;
const MAX_ATTEMPTS = 3;

/**
 * Rounds of the same load in turns, after one that warms up and is thrown away. In each, what the server says it accepted must agree with what
 * the load tool says was answered: a server that answers 200 to everything would otherwise look fast.
 */
export async function interleavedRounds(
  contenders: readonly Contender[],
  payload: Payload,
  load: Load,
  rounds: number,
): Promise<ReadonlyMap<Contender["name"], readonly Round[]>> {
  const results = new Map<Contender["name"], Round[]>(contenders.map((contender) => [contender.name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const measured = await answeredRound(contender, payload, load);
      if (round >= 0) results.get(contender.name)?.push(measured);
    }
  }
  return results;
}

/** A round in which the machine stood still (its host was busy elsewhere) is taken again. */
async function answeredRound(contender: Contender, payload: Payload, load: Load): Promise<Round> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const round = await oneRound(contender, payload, load);
    if (round !== undefined) return round;
  }
  throw new Error(`${contender.name}: no request was answered`);
}

/** Undefined where not one request was answered. */
async function oneRound(contender: Contender, payload: Payload, load: Load): Promise<Round | undefined> {
  const acceptedBefore = await accepted(contender, payload.signal);
  const cpuBefore = cpuSeconds(contender.pid);
  const result = await load(contender, payload);
  const after = await settled(contender, payload);
  const items = after.accepted - acceptedBefore;
  const least = result.succeeded * payload.items;
  const most = (result.succeeded + result.maxUncounted) * payload.items;
  if (result.failed > 0) throw new Error(`${contender.name}: ${result.failed} of ${result.succeeded + result.failed} requests failed`);
  if (result.succeeded === 0) return undefined;
  if (items < least || items > most) {
    throw new Error(`${contender.name}: ${result.succeeded} requests were answered, so ${least} to ${most} items, but it accepted ${items}`);
  }
  return { items, requests: items / payload.items, cpuSeconds: after.cpuSeconds - cpuBefore };
}

/** Once the requests that were under way when the load tool stopped are through too. The CPU time is without that of being asked. */
async function settled(contender: Contender, payload: Payload): Promise<{ readonly accepted: number; readonly cpuSeconds: number }> {
  let before = { accepted: Number.NaN, cpuSeconds: 0 };
  for (;;) {
    await wait(SETTLE_MS);
    const cpu = cpuSeconds(contender.pid);
    const now = await accepted(contender, payload.signal);
    if (now === before.accepted) return before;
    before = { accepted: now, cpuSeconds: cpu };
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
