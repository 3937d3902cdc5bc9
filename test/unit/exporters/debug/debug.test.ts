import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { readOtlpJson } from "../../../../collector/wire/otlp-json.ts";
import { debug } from "../../../../exporters/debug/debug.ts";
import { parseFilterRule } from "../../../../exporters/debug/filter.ts";
import { recordingContext } from "../otlp_http/recording-context.ts";
import { asReceived, gauge, logRecord, logs, metrics, span, spanNames, spans } from "../otlp_http/sample-batch.ts";
import { printed, session } from "./session.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("nothing is left out in silence", () => {
  test("L-15 by default every batch is shown, however many come in a second", async () => {
    vi.useFakeTimers({ now: 0 });
    const text = await printed({}, ...Array.from({ length: 500 }, () => spans("a")));
    expect(text.match(/^Traces\t/gm)).toHaveLength(500);
  });

  test("L-15 where sampling is asked for, the text says how many batches it hid", async () => {
    vi.useFakeTimers({ now: 0 });
    const seven = Array.from({ length: 7 }, (_, index) => spans(...Array.from({ length: index + 1 }, String)));
    const text = await printed({ sampling_initial: 2, sampling_thereafter: 3 }, ...seven);
    expect(text.split("\n")).toEqual([
      'Traces\t{"resource spans": 1, "spans": 1}',
      'Traces\t{"resource spans": 1, "spans": 2}',
      "… 2 batches not shown (sampling)",
      'Traces\t{"resource spans": 1, "spans": 5}',
      "… 2 batches not shown (sampling)",
      "",
    ]);
  });

  test("L-15 sampling begins anew with each second and counts each signal by itself", async () => {
    vi.useFakeTimers({ now: 0 });
    const kept = recordingContext("debug");
    const exporter = await debug.open(debug.config.parse({ sampling_initial: 1, sampling_thereafter: 0 }), kept.context);
    await exporter.push(spans("a"));
    await exporter.push(logs("a"));
    await exporter.push(spans("hidden"));
    vi.setSystemTime(1000);
    await exporter.push(spans("b"));
    expect(kept.text).toBe(
      'Traces\t{"resource spans": 1, "spans": 1}\nLogs\t{"resource logs": 1, "log records": 1}\n… 1 batch not shown (sampling)\nTraces\t{"resource spans": 1, "spans": 1}\n',
    );
  });
});

describe("a slow reader", () => {
  test("holds back who sends: what waits to be written does not grow with every push, and all of it comes in order", async () => {
    const texts: string[] = [];
    const reads: (() => void)[] = [];
    const { context } = recordingContext("debug");
    const stdout = (text: string | Uint8Array): Promise<void> => {
      texts.push(String(text));
      return new Promise((resolve) => reads.push(resolve));
    };
    const exporter = await debug.open(debug.config.parse({ verbosity: "normal" }), { ...context, stdout });
    const names = Array.from({ length: 20 }, (_, index) => `${index} `.padEnd(1_000_000, "."));
    const pushes = names.map((name) => exporter.push(spans(name)));
    expect(texts.length).toBeLessThan(7);
    for (let read = 0; read < names.length; read++) {
      await expect.poll(() => reads.length).toBeGreaterThan(read);
      reads[read]?.();
    }
    await Promise.all(pushes);
    expect(texts.map((text) => /(\d+) \./.exec(text)?.[1])).toEqual(names.map((_, index) => `${index}`));
  });
});

describe("filter", () => {
  test("stars cost no more on a text that nearly matches", () => {
    const nearly = "error ".repeat(40_000);
    const rule = parseFilterRule("log=*error*error*error*timeout*");
    expect(rule?.pattern.test(nearly)).toBe(false);
    expect(rule?.pattern.test(`${nearly}timeout`)).toBe(true);
  });

  test.each([
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*", "", true],
    ["a**b", "ab", true],
    ["*b*b", "ab", false],
    ["a*b*c", "abcbc", true],
    ["ab", "abc", false],
  ])("%s on %s: %s", (glob, text, expected) => {
    expect(parseFilterRule(`log=${glob}`)?.pattern.test(text)).toBe(expected);
  });

  const http = (route: string): Attributes => Attributes.from({ "http.route": route });

  test("shows what a name rule matches, hides the rest, and says so at the end", async () => {
    const { text, logs: logged } = await session(
      { verbosity: "normal", filter: ["metric=cache_*", "span=GET *"] },
      metrics(gauge("cache_hits", Attributes.EMPTY), gauge("permits", Attributes.EMPTY, http("/x"))),
      spans("GET /a", "POST /a", "GET /b"),
      logs("hello"),
    );
    expect(text).toContain('Metrics\t{"resource metrics": 1, "metrics": 1, "data points": 1}');
    expect(text).toContain("cache_hits{} 0");
    expect(text).toContain("GET /a");
    expect(text).toContain("GET /b");
    expect(text).not.toMatch(/permits|POST|Logs/);
    expect(logged).toEqual([
      "debug: 1 spans not shown (filter)",
      "debug: 2 metric_points not shown (filter)",
      "debug: 1 log_records not shown (filter)",
    ]);
  });

  test("an attribute rule picks single points, spans and records, and knows the resource's attributes", async () => {
    const text = await printed(
      { verbosity: "normal", filter: ["attr:http.route=/api/*", "attr:service.name=api-*"] },
      metrics(gauge("latency", http("/api/works"), http("/healthz"))),
      batchOf("traces", [span("yes", http("/api/a")), span("no", http("/b")), span("none")]),
      batchOf("logs", [logRecord("kept", http("/api/c")), logRecord("left out")]),
    );
    expect(text).toContain("latency{http.route=/api/works} 0");
    expect(text).toContain("yes ");
    expect(text).toContain("kept ");
    expect(text).not.toMatch(/healthz|^no |^none |left out/m);
  });

  test("log rules match the body; a star stands for line breaks too", async () => {
    const text = await printed({ verbosity: "normal", filter: ["log=*error*"] }, logs("an\nerror.\nhere", "all well", "a.c"));
    expect(text).toContain("error.");
    expect(text).not.toContain("all well");
    expect(await printed({ verbosity: "normal", filter: ["log=a.c"] }, logs("abc"))).toBe("");
  });

  test.each(["cache_*", "metrics=x", "attr:=x", ""])("%j is refused with the forms that are understood", (rule) => {
    const { error } = debug.config.safeParse({ filter: [rule] });
    expect(error?.issues[0]?.message).toContain("metric=cache_*");
  });
});

describe("format json", () => {
  test("is one OTLP/JSON request on a line for each batch", async () => {
    const text = await printed({ format: "json", verbosity: "detailed" }, spans("a", "b"), asReceived(logs("x\ny")));
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(spanNames(readOtlpJson("traces", Buffer.from(lines[0] ?? "")).batch)).toEqual(["a", "b"]);
    expect(readOtlpJson("logs", Buffer.from(lines[1] ?? "")).batch.items[0]).toMatchObject({ body: { value: "x\ny" } });
  });
});

describe("color", () => {
  test("only adds colour: without its codes the text is the same", async () => {
    const batch = spans("GET /a");
    const plain = await printed({ verbosity: "detailed" }, batch);
    const colored = await printed({ verbosity: "detailed", color: "always" }, batch);
    expect(colored).not.toBe(plain);
    expect(stripVTControlCharacters(colored)).toBe(plain);
  });

  test("telemetry cannot steer the terminal", async () => {
    const text = await printed({ verbosity: "normal", color: "always" }, logs("before\x1b[2J\rafter\u009b"));
    expect(text).toContain("before\\x1b[2J\\x0dafter\\x9b");
  });

  test("is off where the output is no terminal", async () => {
    expect(await printed({ verbosity: "detailed" }, spans("a"))).not.toContain("\x1b");
  });
});

describe("output", () => {
  test("a push waits until the reader has taken the text", async () => {
    const taken = Promise.withResolvers<void>();
    const { context } = recordingContext("debug");
    const exporter = await debug.open(debug.config.parse({}), { ...context, stdout: () => taken.promise });
    let isAccepted = false;
    const pushed = exporter.push(spans("a")).then(() => {
      isAccepted = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAccepted).toBe(false);
    taken.resolve();
    await pushed;
    expect(isAccepted).toBe(true);
  });

  test("a reader that has gone away is a counted loss, not a crash", async () => {
    const { context } = recordingContext("debug");
    const exporter = await debug.open(debug.config.parse({}), { ...context, stdout: () => Promise.reject(new Error("EPIPE")) });
    await expect(exporter.push(spans("a", "b"))).rejects.toMatchObject({ name: "Rejected", items: 2, reason: "write_failed" });
  });

  test("output_paths may name files beside stdout", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pitwall-debug-"));
    const path = join(folder, "debug.txt");
    const { text } = await session({ use_internal_logger: false, output_paths: ["stdout", path] }, spans("a"), spans("b"));
    expect(await readFile(path, "utf8")).toBe(text);
    expect(text.match(/^Traces/gm)).toHaveLength(2);
    await rm(folder, { recursive: true });
  });

  test("a file that cannot be opened is told at the start", async () => {
    const { context } = recordingContext("debug");
    const settings = debug.config.parse({ output_paths: [join(tmpdir(), "no-such-folder-here", "debug.txt")] });
    await expect(debug.open(settings, context)).rejects.toMatchObject({ code: "E_FILE" });
  });
});

describe("config", () => {
  test("a verbosity that does not exist is refused, those of otelcol are taken in its spellings", () => {
    expect(debug.config.safeParse({ verbosity: "verbose" }).error?.issues[0]?.message).toContain("basic, normal and detailed");
    expect(debug.config.parse({ verbosity: "Detailed" })).toMatchObject({ verbosity: "detailed" });
    expect(debug.config.parse({ sending_queue: { enabled: false } })).toMatchObject({
      verbosity: "basic",
      sampling_thereafter: 1,
      use_internal_logger: true,
    });
  });
});
