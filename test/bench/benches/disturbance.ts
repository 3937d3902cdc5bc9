import { otelcolNop, pitwallScrapeable } from "../contender.ts";
import { saturate, sendAtRate } from "../load.ts";
import { loadPayload } from "../payloads.ts";
import { interleavedRounds, median, type Round } from "../rounds.ts";
import type { Bench } from "../row.ts";

const REQUESTS_PER_SECOND = 100;
/** Longer rounds than at saturation: a hundredth of a second is the unit of CPU time, and there is little of it. */
const SECONDS_FACTOR = 3;

/** B6: what the collector takes from the machine that it shares with the server under test, at a real rate: 10 000 spans a second. */
export const disturbanceBench: Bench = {
  id: "B6",
  title: "disturbance: 10 000 spans/s in 100 requests/s",
  async run(options) {
    const payload = await loadPayload("traces-100", "protobuf");
    await using ours = await pitwallScrapeable();
    await using peer = await otelcolNop();
    // Code that has run a few hundred times is not yet compiled: the figure is of a collector that has been up for a while.
    for (const contender of [ours, peer]) await saturate(contender, payload, options.seconds * SECONDS_FACTOR);
    const seconds = options.seconds * SECONDS_FACTOR;
    const rounds = await interleavedRounds(
      [ours, peer],
      payload,
      (contender) => sendAtRate(contender, payload, REQUESTS_PER_SECOND, seconds),
      options.rounds,
    );
    return [
      {
        bench: "B6",
        what: "traces-100, protobuf, 100 requests/s",
        unit: "CPU µs/request",
        ours: microsecondsPerRequest(rounds.get("pitwall")),
        peer: { name: "otelcol → nop", value: microsecondsPerRequest(rounds.get("otelcol")) },
        must: { of: "ratio", atMost: 0.6 },
      },
    ];
  },
};

function microsecondsPerRequest(rounds: readonly Round[] | undefined): number {
  return median((rounds ?? []).map((round) => (round.cpuSeconds / round.requests) * 1e6));
}
