import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportSchema } from "../../../../collector/report/report-schema.ts";
import { renderReportAside } from "../../../../collector/web/run-api/report-thread.ts";
import { openKeeperLab } from "../../run/run-keeper/keeper-lab.ts";

test("a report is made in a thread of its own while this one goes on", async () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "a" });
  lab.nowMs += 5000;
  lab.keeper.end(id);
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const path = lab.store.path(id);
  const [json, html, markdown] = await Promise.all(
    (["json", "html", "markdown"] as const).map((form) => renderReportAside({ path, rules: [{ match: "^/a$", as: "/b" }], form })),
  );
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
  expect(reportSchema.parse(JSON.parse(json ?? "")).run).toMatchObject({ id, state: "closed" });
  expect(html).toMatch(/^<!doctype html>/);
  expect(markdown?.replaceAll("\\", "")).toContain(id);
});

test("what a thread cannot read is told as this one would have told it", async () => {
  using lab = openKeeperLab();
  const path = join(lab.directory, "broken.sqlite");
  writeFileSync(path, "not a database, and long enough to be taken for one".repeat(20));
  await expect(renderReportAside({ path, rules: [], form: "json" })).rejects.toMatchObject({
    name: "LoadError",
    code: "E_LEDGER",
    message: expect.stringContaining(path),
    hint: expect.stringMatching(/\w/),
  });
});

test("a fault of the thread is a fault here", async () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "a" });
  lab.keeper.end(id);
  const rules = [{ match: "(", as: "/b" }];
  await expect(renderReportAside({ path: lab.store.path(id), rules, form: "json" })).rejects.toThrow(/regular expression/i);
});
