import { describe, expect, test } from "vitest";
import { decompose } from "../../../../collector/diagnose/decompose/decompose.ts";
import type { Decomposition, LawResult } from "../../../../collector/diagnose/diagnosis.ts";
import { digestRun } from "../../../../collector/diagnose/digest/digest-run.ts";
import type { RunDigest } from "../../../../collector/diagnose/digest-types.ts";
import { holdLaws } from "../../../../collector/diagnose/laws/hold-laws.ts";
import { phasesOf } from "../../../../collector/diagnose/phases/detect-phases.ts";
import { type LedgerBuilder, ledgerOf } from "../ledger-builder.ts";

interface Seen {
  readonly digest: RunDigest;
  readonly laws: readonly LawResult[];
  readonly times: readonly Decomposition[];
}

function seen(builder: LedgerBuilder): Seen {
  const ledger = builder.ledger();
  const digest = digestRun(ledger, phasesOf(ledger));
  return { digest, laws: holdLaws(ledger, digest), times: decompose(digest) };
}

function law({ laws }: Seen, id: LawResult["law"], endpoint: string, words = ""): LawResult {
  return laws.find((one) => one.law === id && one.scope === "load" && one.endpoint === endpoint && one.statement.includes(words)) as LawResult;
}

const PUZZLE = "GET /api/runtime/puzzle/gallery";
const CUSTOM = "GET /api/runtime/custom-world-gallery";

/** Latencies as the server's log had them: p50 30, max 88; p50 1, max 49. */
const puzzleMs = (index: number) => (index === 0 ? 88 : index % 20 === 1 ? 50 : index % 2 === 0 ? 30 : 13 + (index % 17));
const customMs = (index: number) => (index === 0 ? 49 : index % 20 === 1 ? 7 : 1);

/** What the users saw on 2026-05-12: nearly half of the puzzle calls time out at the client after 30 s; nginx and the server saw 4661 and 4659 times 200. */
function worksList(): LedgerBuilder {
  return ledgerOf({ loadSeconds: 900, run: { name: "spike" } })
    .phase("spike", "hold", 0, 900)
    .gauge("vus_max", { hop: "client", values: 100 })
    .counter("iterations", { hop: "client", values: (second) => (second === 0 ? 4659 - 899 * 5 : 5) })
    .client(
      PUZZLE,
      { ok: 2461, timeout_recv: 2200 },
      { name: "puzzle_gallery_list", ms: { ok: 900 }, each: { blocked: 0, send: 0.1 }, total: { wait: 4661 * 60, recv: 2461 * 840 + 2200 * 29_940 } },
    )
    .client(
      CUSTOM,
      { ok: 4640, timeout_recv: 19 },
      { name: "custom_world_gallery_list", ms: { ok: 40 }, each: { blocked: 0, send: 0.1, wait: 35, recv: 5 } },
    )
    .application(PUZZLE, { ok: 4661 }, { ms: puzzleMs })
    .application(CUSTOM, { ok: 4659 }, { ms: customMs });
}

describe("the works list, with nginx's usual log", () => {
  const run = seen(
    worksList()
      .proxy(PUZZLE, { 200: 4661 }, { isUntimed: true })
      .proxy(CUSTOM, { 200: 4659 }, { isUntimed: true })
      .witness({ hop: "proxy", name: "nginx", format: "nginx-combined" }),
  );

  test("every request of both steps arrived at the proxy and at the application: the second lacks the two that were interrupted", () => {
    for (const hop of ["proxy", "application"]) {
      expect(law(run, "L7", PUZZLE, `at the ${hop}`)).toMatchObject({ state: "holds", left: 4661, right: 4659, difference: 2 });
    }
    expect(law(run, "L3", PUZZLE)).toMatchObject({ state: "holds", left: 4661, right: 4661 });
    expect(law(run, "L5", PUZZLE)).toMatchObject({ state: "holds", difference: 0, note: expect.stringContaining("retries cannot be seen") });
    expect(law(run, "L5", CUSTOM)).toMatchObject({ state: "holds", difference: 0 });
  });

  test("so the calls that fail at the client were lost behind proxy and application", () => {
    expect(law(run, "L7", PUZZLE, "at the application").note).toContain(
      "2 200 of 4 661 requests to GET /api/runtime/puzzle/gallery failed at the client, and yet they reached the application",
    );
  });

  test("delivery is unproven, and what log fields would decide is said", () => {
    expect(law(run, "L4", PUZZLE)).toMatchObject({
      state: "unknown",
      left: 2200,
      right: 0,
      note: "delivery is unproven: the proxy's log has no $request_completion and no $request_time",
    });
  });

  test("no law is broken: nobody lost count of a request", () => {
    expect(run.laws.filter(({ state }) => state === "broken")).toEqual([]);
  });

  test("the application cannot have taken the 30 s, and the client's time went into receiving", () => {
    const puzzle = run.digest.scopes[0]?.endpoints.find(({ endpoint }) => endpoint === PUZZLE);
    expect(puzzle?.streams.get("application")?.latencyOk?.max).toBe(88);
    expect(puzzle?.streams.get("client")?.censored).toEqual([{ atMs: 30_000, count: 2200 }]);
    const times = run.times.find(({ scope, endpoint }) => scope === "load" && endpoint === PUZZLE) as Decomposition;
    const receive = times.parts.find(({ id }) => id === "receive");
    expect(times).toMatchObject({ by: "aggregate", n: 4661 });
    expect(receive?.meanMs).toBeCloseTo((2461 * 840 + 2200 * 29_940) / 4661, 3);
    expect((receive?.meanMs ?? 0) / (times.totalMs ?? 1)).toBeGreaterThan(0.99);
  });
});

test("the works list, with times and completion in nginx's log: what the client gave up is what could not be handed over", () => {
  const told = { tries: 1, local: 0, upstream_connect: 0, upstream_header: 31, upstream_response: 32 };
  const run = seen(
    worksList()
      .proxy(PUZZLE, { 200: 2461 }, { ms: 880, each: { ...told, incomplete: 0 } })
      .proxy(PUZZLE, { aborted: 2200 }, { status: 200, ms: 29_990, each: { ...told, incomplete: 1 } })
      .proxy(CUSTOM, { 200: 4640 }, { ms: 3, each: { ...told, incomplete: 0 } })
      .proxy(CUSTOM, { aborted: 19 }, { status: 200, ms: 29_990, each: { ...told, incomplete: 1 } }),
  );
  expect(law(run, "L4", PUZZLE)).toMatchObject({ state: "holds", left: 2200, right: 2200 });
  const times = run.times.find(({ scope, endpoint }) => scope === "load" && endpoint === PUZZLE) as Decomposition;
  const egress = times.parts.find(({ id }) => id === "R2");
  expect((egress?.meanMs ?? 0) / (times.totalMs ?? 1)).toBeGreaterThan(0.98);
  expect(times.parts.reduce((sum, { meanMs }) => sum + meanMs, 0)).toBeCloseTo(times.totalMs ?? 0, 6);
});

/** Reference table of what nginx writes for what happened; a hundred of each among nine hundred good ones. */
describe("what nginx writes", () => {
  const API = "GET /api/works";
  const good = { tries: 1, failed_connects: 0, local: 0, incomplete: 0, upstream_connect: 0, upstream_header: 2, upstream_response: 2 };

  function table(happened: (builder: LedgerBuilder) => LedgerBuilder, client: Parameters<LedgerBuilder["client"]>[1], application: number): Seen {
    const builder = ledgerOf()
      .client(API, { ok: 900 })
      .client(API, client, { timeoutMs: 1000 })
      .proxy(API, { 200: 900 }, { ms: 3, each: good })
      .application(API, { ok: 900 }, { ms: 2 });
    if (application > 0) builder.application(API, { ok: application }, { ms: 2 });
    return seen(happened(builder));
  }

  const broken = ({ laws }: Seen) =>
    laws.filter(({ state, scope, endpoint }) => state === "broken" && scope === "load" && endpoint === API).map((one) => one.law);

  test("499: the client gave up while the application worked", () => {
    const run = table((b) => b.proxy(API, { 499: 100 }, { ms: 999, each: { ...good, incomplete: 1 } }), { timeout_wait: 100 }, 100);
    expect(broken(run)).toEqual([]);
    expect(law(run, "L4", API)).toMatchObject({ left: 100, right: 100 });
  });

  test("504: the application is too slow for the proxy, and answered after it had gone", () => {
    const run = table((b) => b.proxy(API, { 504: 100 }, { ms: 3004, each: good }), { http_5xx: 100 }, 100);
    expect(broken(run)).toEqual(["L6"]);
    expect(law(run, "L6", API, "5xx")).toMatchObject({ left: 100, right: 0 });
  });

  test("502: the application's port is closed", () => {
    const run = table((b) => b.proxy(API, { 502: 100 }, { ms: 0.5, each: { ...good, failed_connects: 1 } }), { http_5xx: 100 }, 0);
    expect(broken(run)).toEqual(["L6"]);
    expect(law(run, "L5", API)).toMatchObject({ state: "holds", left: 900, right: 900 });
  });

  test("200 by the second upstream, the first being dead", () => {
    const run = table((b) => b.proxy(API, { 200: 100 }, { ms: 10, each: { ...good, tries: 2, failed_connects: 1 } }), { ok: 100 }, 100);
    expect(broken(run)).toEqual([]);
    expect(law(run, "L5", API)).toMatchObject({ left: 1000, right: 1000, note: expect.stringContaining("100 upstream tries more than requests") });
  });

  test("200 after the application reset the connection and nginx tried it again: it saw more than the client", () => {
    const run = table((b) => b.proxy(API, { 200: 100 }, { ms: 1, each: { ...good, tries: 2 } }), { ok: 100 }, 200);
    expect(broken(run)).toEqual([]);
    expect(law(run, "L5", API)).toMatchObject({ left: 1100, right: 1100, note: expect.stringContaining("retries that the client does not see") });
  });

  test("503 of limit_req: the proxy answered by itself", () => {
    const local = { tries: 0, local: 1, incomplete: 0 };
    const run = table((b) => b.proxy(API, { 503: 100 }, { ms: 0.5, each: local }), { http_5xx: 100 }, 0);
    expect(broken(run)).toEqual(["L6"]);
    expect(law(run, "L5", API)).toMatchObject({ state: "holds", left: 900, right: 900 });
    expect(law(run, "L6", API, "5xx").note).toContain("not by the application");
  });

  test("the application's own 500s get to the client as they are", () => {
    const run = seen(
      ledgerOf().client(API, { ok: 900, http_5xx: 100 }).proxy(API, { 200: 900, 500: 100 }, { each: good }).application(API, { ok: 900, 500: 100 }),
    );
    expect(broken(run)).toEqual([]);
  });

  test("200 and incomplete: slow egress until the client gave up", () => {
    const run = table((b) => b.proxy(API, { aborted: 100 }, { status: 200, ms: 1005, each: { ...good, incomplete: 1 } }), { timeout_recv: 100 }, 100);
    expect(broken(run)).toEqual([]);
    expect(law(run, "L4", API)).toMatchObject({ state: "holds", left: 100, right: 100 });
  });

  test("200 and OK though the client read nothing: the answer is in the socket's buffer", () => {
    const run = table((b) => b.proxy(API, { 200: 100 }, { ms: 2, each: good }), { timeout_recv: 100 }, 100);
    expect(broken(run)).toEqual(["L4"]);
    expect(law(run, "L4", API).note).toContain("100 requests given up by the client though the proxy handed the answer over in time");
  });
});
