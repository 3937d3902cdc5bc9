import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import { type LedgerShape, ledgerOf, type SeriesShape } from "../ledger-builder.ts";

const MB = 1e6;

/** σ of about 2 MB, the same every time. */
const noise = (second: number) => (((second * 7919) % 13) - 6) * 0.35 * MB;

function readingOf(values: SeriesShape["values"], shape: LedgerShape = { beforeSeconds: 20, afterSeconds: 70 }, more: Partial<SeriesShape> = {}) {
  const after = 60 + (shape.afterSeconds ?? 0);
  const ledger = ledgerOf(shape)
    .client("GET /a", { ok: 600 })
    .gauge("process.memory.usage", { unit: "By", hop: "application", every: 2, at: [-(shape.beforeSeconds ?? 0), after], values, ...more })
    .ledger();
  return diagnose(ledger).memory[0];
}

const during = (second: number, load: number, rest: number) => (second >= 0 && second < 60 ? load : rest);

describe("what memory did", () => {
  test("flat within its noise", () => {
    expect(readingOf((second) => 200 * MB + noise(second))).toMatchObject({ class: "flat", series: "process.memory.usage", witness: "api-server" });
  });

  test("a peak that comes back", () => {
    const reading = readingOf((second) => during(second, 700 * MB, 100 * MB) + noise(second));
    expect(reading).toMatchObject({ class: "transient_peak" });
    expect(reading?.sentence).toMatch(/from 9\d MiB to 6\d\d MiB under load, .* given back\): a peak of allocations, no leak/);
  });

  test("a step that is kept, with the growth that would not have been seen", () => {
    const reading = readingOf((second) => (second < 5 ? 277 : 529) * MB + noise(second));
    expect(reading).toMatchObject({ class: "step_to_plateau" });
    expect(reading?.sentence).toMatch(/a growth below [\d.]+ (KiB|MiB) a minute would not have been seen/);
  });

  test("growth to the end that stays is suspected, a backlog that goes away is not", () => {
    const growing = (second: number) => 100 * MB + Math.min(60, Math.max(0, second)) * 5 * MB + noise(second);
    expect(readingOf(growing)).toMatchObject({ class: "leak_suspected" });
    expect(readingOf((second) => (second < 60 ? growing(second) : Math.max(100, 400 - (second - 60) * 10) * MB))).toMatchObject({
      class: "backlog_drains",
    });
  });

  test("growth that connections explain is theirs", () => {
    const ledger = ledgerOf({ beforeSeconds: 20, afterSeconds: 70 })
      .client("GET /a", { ok: 600 })
      .gauge("vus", { hop: "client", at: [-20, 130], values: (second) => Math.min(60, Math.max(0, second)) })
      .gauge("process.memory.usage", {
        unit: "By",
        every: 2,
        at: [-20, 130],
        values: (second) => 100 * MB + Math.min(60, Math.max(0, second)) * 5 * MB + noise(second),
      })
      .ledger();
    expect(diagnose(ledger).memory[0]).toMatchObject({ class: "grows_with_driver", sentence: expect.stringContaining("(vus, ") });
  });
});

describe("nothing is said without what it takes", () => {
  test("no samples from before or after", () => {
    expect(readingOf((second) => during(second, 500 * MB, 100 * MB), { beforeSeconds: 0, afterSeconds: 70 })).toMatchObject({
      class: "undecided",
      sentence: expect.stringContaining("from before the load"),
    });
    expect(readingOf((second) => during(second, 500 * MB, 100 * MB), { beforeSeconds: 20, afterSeconds: 4 })).toMatchObject({
      class: "undecided",
      sentence: expect.stringContaining("from after the load (60 s)"),
    });
  });

  test("a short rest after the load shows a peak that came back, but not that memory was kept", () => {
    const short = { beforeSeconds: 20, afterSeconds: 20 };
    expect(readingOf((second) => during(second, 500 * MB, 100 * MB), short)).toMatchObject({ class: "transient_peak" });
    expect(readingOf((second) => (second < 2 ? 100 : 500) * MB, short)).toMatchObject({
      class: "undecided",
      sentence: expect.stringContaining("18 s were recorded"),
    });
  });

  test("processes of one machine are told apart", () => {
    const reading = readingOf(200 * MB, undefined, { attributes: { "pitwall.process": "api-server", "process.pid": "812" }, witness: "host" });
    expect(reading).toMatchObject({ instance: "api-server pid 812", sentence: expect.stringContaining("host api-server pid 812") });
  });
});

test("only constant load counts: the ramp's growth is none", () => {
  const ledger = ledgerOf({ loadSeconds: 120, beforeSeconds: 20, afterSeconds: 70 })
    .client("GET /a", { ok: 900 })
    .phase("ramp", "ramp", 0, 90)
    .phase("hold", "hold", 90, 120)
    .gauge("process.memory.usage", {
      unit: "By",
      at: [-20, 190],
      values: (second) => (100 + Math.min(90, Math.max(0, second)) * 10) * MB + noise(second),
    })
    .ledger();
  expect(diagnose(ledger).memory[0]).toMatchObject({ class: "step_to_plateau" });
});
