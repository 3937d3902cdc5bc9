import type { GaugeSeries } from "../model/ledger.ts";

/** One voice where a generator told the same series twice, by file and by OTLP: the one that told it more often. */
export function spokenOnce(series: readonly GaugeSeries[]): readonly GaugeSeries[] {
  const byWhat = Map.groupBy(series, ({ name, kind, hop, witness, instance, attributes }) =>
    JSON.stringify([name, kind, witness, hop === "client" ? "" : instance, Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
  return [...byWhat.values()].map((voices) => voices.reduce((most, one) => (one.points.length > most.points.length ? one : most)));
}
