import type { Hop } from "../../model/catalog.ts";
import type { Decomposition } from "../diagnosis.ts";

export type Part = Decomposition["parts"][number];

/** What parts are called, in the order of the river. */
export const PARTS = {
  blocked: { hop: "client", label: "getting a connection" },
  send: { hop: "client", label: "sending the request" },
  R1: { hop: "network", label: "network and the accept queue of the next hop" },
  wait: { hop: "network", label: "waiting for the first byte, not told apart" },
  upstream_connect: { hop: "proxy", label: "connecting to the upstream" },
  upstream: { hop: "application", label: "the upstream's answer, not told apart" },
  R3: { hop: "application", label: "queue of the application before its span begins" },
  R6: { hop: "application", label: "waiting for a permit" },
  R4: { hop: "application", label: "the application itself" },
  app: { hop: "application", label: "the application, its calls included" },
  calls: { hop: "application", label: "calls that are none of the store" },
  store: { hop: "store", label: "store, on the critical path" },
  body: { hop: "application", label: "the upstream's body after its first byte" },
  R2: { hop: "network", label: "handing the answer to the client (egress), reading the request" },
  recv: { hop: "network", label: "receiving, beyond what the proxy saw" },
  receive: { hop: "network", label: "receiving the answer" },
  rest: { hop: "client", label: "not told apart" },
} as const satisfies Readonly<Record<string, { readonly hop: Hop; readonly label: string }>>;
export type PartId = keyof typeof PARTS;

/** The order in which parts are given, whatever the order in which they were found. */
const ORDER = Object.keys(PARTS) as readonly PartId[];

/** A mean with the number of requests that it is of. */
export interface Mean {
  readonly ms: number;
  readonly n: number;
}

/** Below this share of the total, and below this many ms, a part is rounding (nginx and request logs write whole milliseconds). */
const NOISE_SHARE = 0.01;
const NOISE_MS = 1;

/** Parts of a total, which they add up to: what is left over becomes the part `rest`, or is rounding and goes unsaid. */
export class Partition {
  readonly #parts = new Map<PartId, Mean>();

  add(id: PartId, mean: Mean | undefined): void {
    if (mean !== undefined) this.#parts.set(id, mean);
  }

  get sumMs(): number {
    return [...this.#parts.values()].reduce((sum, { ms }) => sum + ms, 0);
  }

  /** In the order of the river. */
  parts(): readonly Part[] {
    return ORDER.flatMap((id) => {
      const mean = this.#parts.get(id);
      return mean === undefined ? [] : [{ id, ...PARTS[id], meanMs: mean.ms, n: mean.n }];
    });
  }

  /** Parts that are negative by more than rounding. */
  negative(totalMs: number): readonly Part[] {
    return this.parts().filter(({ meanMs }) => meanMs < -noiseMs(totalMs));
  }
}

export function noiseMs(totalMs: number): number {
  return Math.max(NOISE_MS, NOISE_SHARE * Math.abs(totalMs));
}

export function negativeNote(parts: readonly Part[]): string {
  if (parts.length === 0) return "";
  const named = parts.map(({ id, meanMs }) => `${id} is ${meanMs.toFixed(1)} ms`).join(", ");
  return `${named}: time cannot be negative, so requests were joined wrongly, a duration means something else, or spans overlap`;
}
