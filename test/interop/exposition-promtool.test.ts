import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { peerCommand } from "../peers/peers.ts";
import { counter, gauge, metric, number, openLab } from "../unit/exporters/prometheus/lab.ts";
import { EXPONENTIAL, ONE_OF_EACH } from "../unit/exporters/prometheus/one-of-each.ts";
import { Process } from "./child-process.ts";

/** Prometheus' own check of a page of text (it reads format 0.0.4 only), over pages of every kind of metric and of hostile text. */

const folder = mkdtempSync(join(tmpdir(), "pitwall-promtool-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOSTILE = metric(
  'na"me\\\n\0',
  gauge(
    number(Number.NaN, { attributes: { 'q"\\\n': 'v"\\\n\r\0', 日本: "😀", __name__: "x", "0": "digit" } }),
    number(-Infinity),
    number(1e-7, { attributes: { a: "1" } }),
  ),
  { description: 'He said "x"\n\\ \r\0 日本' },
);

/** 3 = read, with remarks on names; 1 would be a page that cannot be read. */
test.each([
  ["as it is", {}],
  ["with timestamps and creation times", { send_timestamps: true, send_created: true }],
  ["without suffixes", { add_metric_suffixes: false }],
  ["of UTF-8 names, which are escaped for it", { translation_strategy: "NoTranslation" }],
])("promtool reads our page %s", async (_what, keys) => {
  await using lab = await openLab(keys);
  await lab.push(...ONE_OF_EACH, EXPONENTIAL, HOSTILE, metric("no.points.yet", gauge()), metric("big", counter(number(2n ** 63n - 1n))));
  const { exitCode, text } = await promtool(await lab.scrape());
  expect(text).not.toMatch(/error while linting|parsing|expected/);
  expect([0, 3]).toContain(exitCode);
});

test("promtool refuses what is broken, so that the test above can fail", async () => {
  expect((await promtool('# TYPE a gauge\na{b="c} 1\n')).exitCode).toBe(1);
});

async function promtool(page: string): Promise<{ readonly exitCode: number | null; readonly text: string }> {
  const file = join(folder, "page.txt");
  writeFileSync(file, page);
  const command = peerCommand("promtool");
  const { arguments: first, environment } = command;
  await using check = new Process({ file: command.file, arguments: [...first, "check", "metrics"], environment, stdinFile: file });
  const exitCode = await check.end();
  return { exitCode, text: `${check.stdout}${check.stderr}` };
}
