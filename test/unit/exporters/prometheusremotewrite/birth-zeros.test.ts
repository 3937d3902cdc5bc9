import { expect, test } from "vitest";
import { mockReceiver } from "../../../remote-write/mock-receiver.ts";
import { counter, EPOCH_MS, gauge, metric, number, openLab } from "./lab.ts";

test("a zero at the start of a counter that the receiver has newer samples of, from a run of ours before, costs nothing but itself", async () => {
  // As Prometheus: one sample that is older than what is there turns down the whole 1.0 request.
  const newest = new Map([["m_c_total", EPOCH_MS]]);
  const stored: string[] = [];
  await using receiver = await mockReceiver(({ message }) => {
    const samples = message.series.flatMap(({ labels, samples }) =>
      samples.map(({ value, timestampMs }) => ({
        name: labels.find(([name]) => name === "__name__")?.[1] ?? "",
        value,
        timestampMs: Number(timestampMs),
      })),
    );
    if (samples.some(({ name, timestampMs }) => timestampMs <= (newest.get(name) ?? 0))) return { status: 400, body: "out of order sample" };
    for (const { name, value, timestampMs } of samples) {
      newest.set(name, timestampMs);
      stored.push(`${name} ${value}`);
    }
    return {};
  });
  const lab = await openLab({ receiver, keys: { protocol: 1, target_info: { enabled: false } } });
  await lab.push(metric("m.c", counter(number(7, { start: -5, time: 10 }))), metric("m.g", gauge(number(1, { time: 10 }))));
  await lab.push(metric("m.d", counter(number(3, { start: -5, time: 10 }))));
  await lab.close();
  expect(stored.filter((line) => !line.endsWith("NaN")).sort()).toEqual(["m_c_total 7", "m_d_total 3", "m_g 1"]);
  expect(lab.ledger()).toEqual({ exported: 3 });
});

test("zeros and values of one request go out in order, whatever is in requests of its own", async () => {
  const lab = await openLab({ keys: { target_info: { enabled: false }, stale_markers: false } });
  await lab.push(metric("m.c", counter(number(7, { start: -5, time: 10 }))));
  lab.clock.ms += 10_000;
  await lab.push(metric("m.c", counter(number(9, { start: 12, time: 20 }))));
  await lab.close();
  const times = lab.receiver.lines().map((line) => / (\S+)@(\d+)/.exec(line)?.slice(1).map(Number));
  expect(times).toEqual([
    [0, EPOCH_MS - 5000],
    [7, EPOCH_MS + 10_000],
    [0, EPOCH_MS + 12_000],
    [9, EPOCH_MS + 20_000],
  ]);
});
