import { expect, test } from "vitest";
import type { Batch } from "../../../../collector/model/batch.ts";
import type { Metric } from "../../../../collector/model/metric.ts";
import { msFromUnixNano } from "../../../../collector/model/time.ts";
import { Refused, Rejected } from "../../../../collector/pipeline/sink.ts";
import { readRunEvents } from "../../../../exporters/grafana_annotations/read-run-events.ts";
import { counter, EPOCH_MS, metric, number, resource } from "../../exporters/prometheus/lab.ts";
import { openStoreLab } from "../../series/lab.ts";
import { BEGAN_MS, type KeeperLab, openKeeperLab } from "./keeper-lab.ts";

const settled = (lab: KeeperLab): Promise<void> => lab.teller.tick();
const eventsOf = (batches: readonly Batch[]) => batches.flatMap(readRunEvents);
const phase = (name: string, from: number, to: number) =>
  ({ name, kind: "hold", startUnixMs: BEGAN_MS + from, endUnixMs: BEGAN_MS + to, source: "given" }) as const;

/** `loadtest.run.phase hold 1 @5000`: attributes but the run's id, value, ms after the begin. */
function points(batches: readonly Batch[]): readonly string[] {
  return batches.flatMap((batch) => (batch.signal === "metrics" ? batch.items.flatMap(pointsOf) : []));
}
function pointsOf({ name, data }: Metric): readonly string[] {
  if (data.type !== "gauge") return [`${name} is no gauge`];
  return data.points.map(({ attributes, number: { value }, timeUnixNano }) => {
    const labels = [...attributes].filter(([key]) => key !== "run.id").map(([key, any]) => `${key}=${String(any.value)}`);
    return [name, ...labels, String(value), `@${msFromUnixNano(timeUnixNano) - BEGAN_MS}`].join(" ");
  });
}

test("Grafana's exporter hears of the run, its phases and its marks", async () => {
  using lab = openKeeperLab();
  const { keeper, told } = lab;
  const { id } = keeper.create({ name: "spike", labels: { team: "works" }, phases: [phase("hold", 2000, 4000)] });
  await settled(lab);
  lab.nowMs += 2000;
  keeper.mark(id, { text: "nginx restarted", labels: { host: "a" } });
  await settled(lab);
  lab.nowMs += 5000;
  keeper.end(id);
  await settled(lab);
  const events = eventsOf(told.taken);
  const startMs = BEGAN_MS;
  expect(events.find(({ kind }) => kind === "info")).toEqual({
    kind: "info",
    runId: id,
    labels: [
      ["run.name", "spike"],
      ["team", "works"],
    ],
  });
  expect(events.filter(({ kind }) => kind === "mark")).toEqual([{ kind: "mark", runId: id, text: "nginx restarted", timeMs: BEGAN_MS + 2000 }]);
  const spans = events.filter((event) => event.kind === "span");
  expect(spans[0]).toEqual({ kind: "span", runId: id, phase: "", isActive: true, timeMs: BEGAN_MS, startMs });
  expect(spans.findLast((span) => span.phase === "")).toEqual({
    kind: "span",
    runId: id,
    phase: "",
    isActive: false,
    timeMs: BEGAN_MS + 7000,
    startMs,
  });
  const hold = spans.filter((span) => span.phase === "hold");
  expect(hold[0]).toMatchObject({ isActive: true, timeMs: BEGAN_MS + 2000, startMs: BEGAN_MS + 2000 });
  // Nothing was told between the end of the phase and that of the run: its own end stands all the same.
  expect(hold.at(-1)).toMatchObject({ isActive: false, timeMs: BEGAN_MS + 4000 });
});

test("begin, end and marks are log events with the run's id and the time of what happened", async () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "spike", labels: { team: "works" } });
  lab.nowMs += 3000;
  lab.keeper.mark(id, { text: "fault", labels: { host: "a", "run.id": "another" }, timeUnixMs: BEGAN_MS + 1000, kind: "alert" });
  lab.keeper.end(id);
  await settled(lab);
  const records = lab.told.taken.flatMap((batch) => (batch.signal === "logs" ? batch.items : []));
  expect(records.map(({ eventName, body, timeUnixNano }) => [eventName, body.value, msFromUnixNano(timeUnixNano) - BEGAN_MS])).toEqual([
    ["loadtest.run.start", "load run spike began", 0],
    ["loadtest.mark", "fault", 1000],
    ["loadtest.run.end", "load run spike ended", 3000],
  ]);
  const mark = records[1];
  expect(mark?.resource.attributes.getString("loadtest.run.id")).toBe(id);
  expect([...(mark?.attributes ?? [])].map(([key, any]) => [key, any.value])).toEqual([
    ["run.id", id],
    ["run.name", "spike"],
    ["host", "a"],
    ["mark.kind", "alert"],
  ]);
});

test("every second tells the state anew; the end is told for a while, first with its own time", async () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "spike", phases: [phase("ramp", 0, 1000), phase("hold", 1000, 9000)] });
  await settled(lab);
  lab.told.taken.length = 0;
  lab.nowMs += 1500;
  await settled(lab);
  expect(points(lab.told.taken)).toEqual([
    "loadtest.run.info run.name=spike 1 @1500",
    "loadtest.run.active 1 @1500",
    "loadtest.run.phase phase=ramp 0 @1000",
    "loadtest.run.phase phase=hold 1 @1500",
  ]);
  lab.nowMs += 1000;
  lab.keeper.end(id);
  await settled(lab);
  lab.told.taken.length = 0;
  lab.nowMs += 89_000;
  await settled(lab);
  expect(points(lab.told.taken)).toEqual([
    "loadtest.run.info run.name=spike 1 @91500",
    "loadtest.run.active 0 @91500",
    "loadtest.run.phase phase=ramp 0 @91500",
    "loadtest.run.phase phase=hold 0 @91500",
  ]);
  lab.told.taken.length = 0;
  lab.nowMs += 2000;
  await settled(lab);
  expect(lab.told.taken).toEqual([]);
});

test("what is refused is said again, with the times it had", async () => {
  let refuses = false;
  using lab = openKeeperLab({ answer: () => (refuses ? Promise.reject(new Refused("not now", { retryAfterMs: 0, overload: false })) : undefined) });
  const { id } = lab.keeper.create({ name: "spike" });
  await settled(lab);
  lab.told.taken.length = 0;
  refuses = true;
  lab.nowMs += 1000;
  lab.keeper.mark(id, { text: "fault" });
  lab.keeper.end(id);
  await settled(lab);
  refuses = false;
  lab.nowMs += 5000;
  await settled(lab);
  expect(points(lab.told.taken)).toContain("loadtest.run.active 0 @1000");
  const events = lab.told.taken.flatMap((batch) => (batch.signal === "logs" ? batch.items.map(({ eventName }) => eventName) : []));
  expect(events).toEqual(["loadtest.mark", "loadtest.run.end"]);
  expect(lab.log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
});

test("what is rejected, and counted downstream, is not said twice", async () => {
  using lab = openKeeperLab({ answer: (batch) => Promise.reject(new Rejected("no", { items: batch.count, reason: "bad" })) });
  lab.keeper.create({ name: "spike" });
  await settled(lab);
  const attempts = lab.told.attempts();
  await settled(lab);
  // The metrics again, the event not.
  expect(lab.told.attempts()).toBe(attempts + 1);
});

test("events beyond a thousand that nobody takes are given up, the oldest first, and counted", async () => {
  using lab = openKeeperLab({ answer: () => Promise.reject(new Refused("not now", { retryAfterMs: 0, overload: false })) });
  const { id } = lab.keeper.create({ name: "spike" });
  for (let mark = 0; mark < 1500; mark++) lab.keeper.mark(id, { text: `m${mark}` });
  await lab.teller.close();
  expect(lab.teller.givenUp).toBe(501);
});

test("the series store ends the series of the run and keeps those that say so", async () => {
  using lab = openKeeperLab();
  const store = openStoreLab();
  const hears = (seconds: number) => {
    for (const batch of lab.told.taken.splice(0)) if (batch.signal === "metrics") store.push(seconds, ...batch.items);
  };
  lab.nowMs = EPOCH_MS;
  const { id } = lab.keeper.create({ name: "spike", labels: { scenario: "burst", "a.b": "1", run_id: "taken" } });
  await settled(lab);
  hears(1);
  const client = { resource: resource({ "service.name": "k6", "loadtest.run.id": id }) };
  store.push(2, metric("http_reqs", counter(number(5, { time: 2 })), client));
  expect(store.shown().filter((line) => line.includes("http_reqs_total"))).toHaveLength(1);
  lab.nowMs += 3000;
  lab.keeper.end(id);
  await settled(lab);
  hears(3);
  const shown = store.shown();
  expect(shown.filter((line) => line.startsWith("http_reqs"))).toEqual([]);
  expect(shown.some((line) => line.startsWith("loadtest_run_active{") && line.includes(`run_id="${id}"`) && line.endsWith(" 0"))).toBe(true);
  const info = shown.find((line) => line.startsWith("loadtest_run_info{"));
  for (const label of [`run_id="${id}"`, 'run_name="spike"', 'scenario="burst"', 'a_b="1"']) expect(info).toContain(label);
  expect(store.conflicts).toEqual([]);
});
