import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildReport } from "../../collector/report/build-report.ts";
import { renderHtml } from "../../collector/report/render-html.ts";
import { renderJunit } from "../../collector/report/render-junit.ts";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { readReportAssets } from "../../collector/run/report-assets.ts";
import { HOSTILE, hostileReport } from "../unit/report/hostile-report.ts";
import { sampleDiagnosis } from "../unit/report/sample-diagnosis.ts";
import { FAILING, HEALTHY, type SampleShape, sampleLedger } from "../unit/report/sample-ledger.ts";
import { openChromium } from "./chromium.ts";

const folder = mkdtempSync(join(tmpdir(), "pitwall-report-"));
const axe = readFileSync(resolve("node_modules/axe-core/axe.min.js"), "utf8");

function reportOf(shape: SampleShape): RunReport {
  const ledger = sampleLedger(shape);
  return buildReport(ledger, sampleDiagnosis(ledger));
}

/** Sections that the samples have none of, and twins of what must be told apart: findings of one rule, requests without an id. */
function everything(): RunReport {
  const report = reportOf(FAILING);
  const latency = { witness: "wrk", endpoint: "/a", requests: 10, means: "unknown", meanMs: 1, maxMs: 3, correction: "raw", survivorsOnly: true };
  return {
    ...report,
    run: { ...report.run, state: "abandoned" },
    findings: [...report.findings, ...report.findings],
    traces: report.traces.map((trace) => ({ ...trace, traceId: "" })),
    printed: [{ ...latency, quantiles: [{ q: 0.99, ms: 2.5 }] }],
    laws: report.laws.flatMap((law) => [law, { ...law, state: "unknown" as const, note: "no log" }]),
    still: [{ name: "tcp.drops", unit: "1/s", value: 0, series: 3 }],
    chartsLeftOut: ["listener.queue (4)"],
  };
}

let browser: Browser;

beforeAll(async () => {
  browser = await openChromium();
  const assets = readReportAssets();
  writeFileSync(join(folder, "failing.html"), renderHtml(reportOf(FAILING), assets));
  writeFileSync(join(folder, "healthy.html"), renderHtml(reportOf(HEALTHY), assets));
  writeFileSync(join(folder, "hostile.html"), renderHtml(hostileReport(), assets));
  writeFileSync(join(folder, "everything.html"), renderHtml(everything(), assets));
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A page of the report with all that went wrong while it was open. */
interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

async function open(name: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(join(folder, `${name}.html`)).href;
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => request.url() === url || complaints.push(`asked for: ${request.url()}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Charts come to life when they are about to be seen. */
async function untilLive(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().scrollIntoViewIfNeeded();
  await page.locator(`${selector}.live`).first().waitFor();
}

test("the file opens offline, asks for nothing else and complains of nothing", async () => {
  await using opened = await open("failing");
  const { page, complaints } = opened;
  await untilLive(page, "#chart-vus");
  expect(complaints).toEqual([]);
  expect(await page.locator("h1").textContent()).toMatch(/^16\.9\s% of requests failed/);
});

test.each([
  ["failing", "light"],
  ["failing", "dark"],
  ["everything", "light"],
  ["everything", "dark"],
] as const)("axe finds nothing to object to in the %s page, %s", async (name, colorScheme) => {
  await using opened = await open(name, { colorScheme, bypassCSP: true });
  const { page } = opened;
  for (const details of await page.locator("details").all()) await details.evaluate((element) => element.setAttribute("open", ""));
  await untilLive(page, "#chart-rate");
  await page.evaluate(axe);
  const violations = (await page.evaluate(
    "axe.run().then(({violations}) => violations.map((one) => one.id + ': ' + one.nodes[0].html))",
  )) as string[];
  expect(violations).toEqual([]);
});

test("without JavaScript the verdict, the tables and the drawings are there to be read", async () => {
  await using opened = await open("failing", { javaScriptEnabled: false });
  const { page, complaints } = opened;
  for (const selector of ["h1", ".strip .hop.blamed", "#gates table", "#endpoints table", "#failures table", ".stack", "#chart-rate svg.static"]) {
    expect(await page.locator(selector).first().isVisible(), selector).toBe(true);
  }
  const drawing = await page.locator("#chart-failures-by-hop svg.static").first().screenshot();
  expect(await inkOf(drawing)).toBeGreaterThan(0.01);
  expect(await page.locator(".tools").isVisible()).toBe(false);
  expect(complaints).toEqual([]);
});

test("charts zoom together by keyboard and by drag, and show all again", async () => {
  await using opened = await open("failing");
  const { page, complaints } = opened;
  const plot = page.locator("#chart-rate .plot");
  await untilLive(page, "#chart-rate");
  const shown = page.locator(".tools output");
  await plot.focus();
  await page.keyboard.press("+");
  expect(await shown.textContent()).toBe("1:00 to 3:00");
  await page.keyboard.press("Shift+ArrowRight");
  expect(await shown.textContent()).toBe("1:30 to 3:30");
  await page.keyboard.press("0");
  expect(await shown.textContent()).toBe("0:00 to 4:00");

  const over = page.locator("#chart-failures-by-hop .u-over");
  await over.scrollIntoViewIfNeeded();
  const box = (await over.boundingBox()) as { x: number; y: number; width: number; height: number };
  await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 5 });
  await page.mouse.up();
  expect(await shown.textContent()).toMatch(/^(0:59|1:0[01]) to (1:59|2:0[01])$/);
  await page.getByRole("button", { name: "Show all" }).click();
  expect(await shown.textContent()).toBe("0:00 to 4:00");
  expect(complaints).toEqual([]);
});

test("one cursor stands in all charts and reads out their values", async () => {
  await using opened = await open("failing");
  const { page } = opened;
  await untilLive(page, "#chart-rate");
  const over = page.locator("#chart-rate .u-over");
  await over.scrollIntoViewIfNeeded();
  await over.hover({ position: { x: 200, y: 60 } });
  expect(await page.locator('#chart-rate [data-value="1"]').textContent()).toMatch(/^\d+\/s$/);
  expect(await page.locator('#chart-failures-by-hop [data-value="1"]').textContent()).toBe("0/s");
});

test("hostile text makes no element, no dialog and no request", async () => {
  await using opened = await open("hostile");
  const { page, complaints } = opened;
  await untilLive(page, "figure");
  expect(await page.locator("img, iframe, object, embed, link, base, form, input").count()).toBe(0);
  expect(await page.locator("script").count()).toBe(3);
  expect(complaints).toEqual([]);
  expect(await page.locator("h1").textContent()).toContain("<img src=x");
  expect(await page.locator("body").textContent()).not.toContain("\u202e");
});

test("what JUnit's readers get is well-formed, hostile text included", async () => {
  await using opened = await open("healthy");
  const xml = renderJunit(hostileReport());
  const read = (await opened.page.evaluate(
    `(() => { const root = new DOMParser().parseFromString(${JSON.stringify(xml)}, "application/xml").documentElement;
      return { name: root.nodeName, cases: root.querySelectorAll("testcase").length, failed: root.querySelectorAll("failure").length }; })()`,
  )) as unknown;
  expect(read).toEqual({ name: "testsuites", cases: 4, failed: 2 });
  expect(HOSTILE).toContain("\u0007");
});

test.each([
  ["1280 × 800, light", "failing", { viewport: { width: 1280, height: 800 } }],
  ["1280 × 800, dark", "failing", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
  ["a phone", "failing", { viewport: { width: 390, height: 844 } }],
  ["a healthy run", "healthy", { viewport: { width: 1280, height: 800 } }],
] as const)("at %s nothing is blank and nothing sticks out at the side", async (_, name, options) => {
  await using opened = await open(name, options);
  const { page } = opened;
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(options.viewport.width);
  expect(await inkOf(await page.screenshot())).toBeGreaterThan(0.03);
  await untilLive(page, "#chart-rate");
  expect(await inkOf(await page.locator("#chart-rate .plot").screenshot())).toBeGreaterThan(0.01);
});

test.each(["failing", "healthy"])("the first screen of a %s run has the verdict, how sure it is, the hops and every gate", async (name) => {
  await using opened = await open(name);
  const { page } = opened;
  for (const selector of [".badge", ".confidence", "h1", ".strip li:last-child .hop", "#gates tbody tr:last-child"]) {
    const box = await page.locator(selector).boundingBox();
    expect((box?.y ?? 9999) + (box?.height ?? 0), selector).toBeLessThanOrEqual(800);
  }
});

test("on a phone gates and gaps are lines of text, and the hops fit the width", async () => {
  await using opened = await open("failing", { viewport: { width: 390, height: 844 } });
  const { page } = opened;
  const widths = await Promise.all(
    ["#gates tbody tr", "#gaps + .wide tbody tr", ".hop"].map(async (selector) => page.locator(selector).first().boundingBox()),
  );
  for (const box of widths) expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThanOrEqual(390);
  expect((await page.locator("#gates tbody tr").first().boundingBox())?.height).toBeLessThan(100);
});

test("a request that is opened shows each hop's bar within the time of the whole", async () => {
  await using opened = await open("failing");
  const { page } = opened;
  const lanes = await page.locator(".trace[open] .lane").all();
  expect(lanes.length).toBe(5);
  for (const lane of lanes) {
    const [outer, inner] = await Promise.all([lane.boundingBox(), lane.locator("i").first().boundingBox()]);
    expect(inner?.width).toBeGreaterThan(0);
    expect(inner?.x).toBeGreaterThanOrEqual((outer?.x ?? 0) - 1);
    expect((inner?.x ?? 0) + (inner?.width ?? 0)).toBeLessThanOrEqual((outer?.x ?? 0) + (outer?.width ?? 0) + 1);
  }
});

test("names of phases stand above the live charts as they do above the drawings", async () => {
  await using opened = await open("failing");
  const { page } = opened;
  await untilLive(page, "#chart-rate");
  const plot = await page.locator("#chart-rate .plot").boundingBox();
  const { x = 0, y = 0, width = 0 } = plot ?? {};
  // Between the axis and the right edge, above the grid.
  expect(await inkOf(await page.screenshot({ clip: { x: x + 80, y, width: width - 100, height: 15 } }))).toBeGreaterThan(0.01);
});

test("on paper the strip stays in one row and the drawings take the place of the live charts", async () => {
  await using opened = await open("failing", { viewport: { width: 720, height: 1000 } });
  const { page } = opened;
  await untilLive(page, "#chart-rate");
  await page.emulateMedia({ media: "print" });
  const tops = await Promise.all((await page.locator(".hop").all()).map(async (hop) => (await hop.boundingBox())?.y));
  expect(new Set(tops).size).toBe(1);
  expect(await page.locator("#chart-rate .uplot").isVisible()).toBe(false);
  expect(await page.locator("#chart-rate svg.static").first().isVisible()).toBe(true);
  expect((await page.pdf()).byteLength).toBeGreaterThan(50_000);
});

/** Share of pixels that differ from the corner's. */
async function inkOf(png: Buffer): Promise<number> {
  await using page = await browser.newPage();
  return (await page.evaluate(
    `(async () => { const image = await createImageBitmap(await (await fetch("data:image/png;base64,${png.toString("base64")}")).blob());
      const canvas = new OffscreenCanvas(image.width, image.height); const ctx = canvas.getContext("2d"); ctx.drawImage(image, 0, 0);
      const { data } = ctx.getImageData(0, 0, image.width, image.height); let ink = 0;
      for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - data[0]) + Math.abs(data[i + 1] - data[1]) + Math.abs(data[i + 2] - data[2]) > 48) ink++;
      return ink / (data.length / 4); })()`,
  )) as number;
}
