import { expect, test } from "vitest";
import { GrafanaFault } from "../../../../exporters/grafana_annotations/annotations-api.ts";
import { RegionKeeper } from "../../../../exporters/grafana_annotations/region-keeper.ts";

const away = () => Promise.reject(new GrafanaFault(0, "away"));

test("a sender that begins a new run with every point does not fill the memory while Grafana is away", async () => {
  const keeper = new RegionKeeper({
    api: { create: away, patch: away, find: away, remove: away },
    pace: { nowMs: () => 0, sleep: () => Promise.resolve() },
    tags: ["loadtest"],
    onFault: () => {},
    onWritten: () => {},
  });
  for (let round = 0; round < 2; round++) {
    for (let run = 0; run < 1500; run++) {
      keeper.hear([
        { kind: "span", runId: `run-${run}`, phase: "", isActive: true, timeMs: run + round, startMs: 0 },
        { kind: "info", runId: `run-${run}`, labels: [["name", "spike"]] },
      ]);
    }
  }
  expect(keeper.pending).toBe(1000);
  expect(keeper.overflowed).toBe(500);
  await keeper.close(10_000);
});
