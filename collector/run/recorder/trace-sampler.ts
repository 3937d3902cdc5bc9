import type { SampledTrace } from "../../model/ledger.ts";
import type { ErrorKind, Outcome } from "../../model/load-outcome.ts";
import type { Random } from "../../stats/seeded-random.ts";
import type { JoinedRequest } from "./join-entry.ts";
import type { RecorderLimits } from "./recorder-limits.ts";
import { isFailure } from "./recorder-parts.ts";
import { Reservoir } from "./reservoir.ts";
import { sampledSpans } from "./sampled-spans.ts";

interface Ending {
  readonly hop: "client" | "proxy" | "application";
  readonly endpoint: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly errorKind: ErrorKind | undefined;
}

/** Chosen traces of one outermost hop: durations of different hops are not laid over one another. */
interface Chosen {
  /** Rising in duration. */
  readonly slow: SampledTrace[];
  readonly failed: Reservoir<SampledTrace>;
}

/** Which requests are kept whole: the slowest, some that failed, and of every endpoint an unbiased few. */
export class TraceSampler {
  readonly #limits: RecorderLimits;
  readonly #random: Random;
  readonly #chosen = new Map<Ending["hop"], Chosen>();
  readonly #samples = new Map<number, Reservoir<SampledTrace>>();
  #isChanged = false;

  constructor(limits: RecorderLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  offer(joined: JoinedRequest): void {
    const ending = endingOf(joined);
    if (ending === undefined || ending.endpoint < 0) return;
    const make = (why: SampledTrace["why"]) => (): SampledTrace => {
      const { endpoint, durationMs, outcome, errorKind } = ending;
      return { why, endpoint, traceId: joined.traceId, durationMs, outcome, errorKind, spans: sampledSpans(joined) };
    };
    const chosen = this.#chosenOf(ending.hop);
    let isKept = this.#offerSlow(chosen.slow, ending.durationMs, make("slow"));
    if (isFailure(ending)) isKept = chosen.failed.offer(make("failed")) || isKept;
    if (joined.spans.length > 0) isKept = (this.#sampleOf(ending.endpoint)?.offer(make("sample")) ?? false) || isKept;
    this.#isChanged ||= isKept;
  }

  traces(): readonly SampledTrace[] {
    const chosen = [...this.#chosen.values()];
    return [
      ...chosen.flatMap(({ slow }) => slow.toReversed()),
      ...chosen.flatMap(({ failed }) => failed.kept),
      ...[...this.#samples.values()].flatMap(({ kept }) => kept),
    ];
  }

  /** Whether other traces are kept since `saved` was called last. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  saved(): void {
    this.#isChanged = false;
  }

  #offerSlow(slow: SampledTrace[], durationMs: number, make: () => SampledTrace): boolean {
    const least = slow[0];
    if (slow.length >= this.#limits.slowTraces && (least === undefined || durationMs <= least.durationMs)) return false;
    let place = slow.length;
    while (place > 0 && (slow[place - 1] as SampledTrace).durationMs > durationMs) place--;
    slow.splice(place, 0, make());
    if (slow.length > this.#limits.slowTraces) slow.shift();
    return true;
  }

  #chosenOf(hop: Ending["hop"]): Chosen {
    const known = this.#chosen.get(hop);
    if (known !== undefined) return known;
    const made: Chosen = { slow: [], failed: new Reservoir(this.#limits.failedTraces, this.#random) };
    this.#chosen.set(hop, made);
    return made;
  }

  #sampleOf(endpoint: number): Reservoir<SampledTrace> | undefined {
    const known = this.#samples.get(endpoint);
    if (known !== undefined || this.#samples.size >= this.#limits.sampledEndpoints) return known;
    const made = new Reservoir<SampledTrace>(this.#limits.sampledTraces, this.#random);
    this.#samples.set(endpoint, made);
    return made;
  }
}

/** As the outermost hop that told of it saw its end. */
function endingOf({ client, proxy, app, proxySpan }: JoinedRequest): Ending | undefined {
  const told = client ?? proxy;
  if (told !== undefined) {
    const { outcome, errorKind, durationMs = 0, phases } = told.request;
    const isPartial = told.request.durationMeans === "send_to_last_byte";
    return { hop: told.hop, endpoint: told.endpoint, durationMs: durationMs + (isPartial ? (phases.blocked ?? 0) : 0), outcome, errorKind };
  }
  const span = proxySpan ?? app;
  if (span === undefined) return undefined;
  const { endpoint, outcome, errorKind, startMs, endMs, hop } = span;
  return { hop: hop === "proxy" ? "proxy" : "application", endpoint, durationMs: Math.max(0, endMs - startMs), outcome, errorKind };
}
