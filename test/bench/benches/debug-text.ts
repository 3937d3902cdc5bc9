import { otlpInto } from "../../interop/collector-process.ts";
import { otelcol, pitwall } from "../contender.ts";
import { saturate } from "../load.ts";
import { loadPayload } from "../payloads.ts";
import { interleavedRounds, median, type Round } from "../rounds.ts";
import type { Bench } from "../row.ts";

/** B13: every span printed in full, to /dev/null: a terminal would be slower than either side. */
export const debugTextBench: Bench = {
  id: "B13",
  title: "debug exporter, detailed",
  async run(options) {
    const payload = await loadPayload("traces-100", "protobuf");
    const exporters = { debug: { verbosity: "detailed" } };
    await using ours = await pitwall(otlpInto(exporters));
    await using peer = await otelcol(exporters);
    const rounds = await interleavedRounds([ours, peer], payload, (contender) => saturate(contender, payload, options.seconds), options.rounds);
    return [
      {
        bench: "B13",
        what: "traces-100, protobuf, to /dev/null",
        unit: "spans/cpu-s",
        ours: spansPerCpuSecond(rounds.get("pitwall")),
        peer: { name: "otelcol → debug", value: spansPerCpuSecond(rounds.get("otelcol")) },
        must: { of: "ratio", atLeast: 3 },
      },
    ];
  },
};

function spansPerCpuSecond(rounds: readonly Round[] | undefined): number {
  return median((rounds ?? []).map((round) => round.items / round.cpuSeconds));
}
