import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wsOptions } from "../../../../loadtest/websocket/ws-options.ts";
import { backoffMs, parseWsSettings, sendsDue, WS_MODES } from "../../../../loadtest/websocket/ws-settings.ts";

describe("modes", () => {
  test.each([
    ["connect", { traffic: "none", reconnects: false, flapPercent: 0, slowClients: 0 }],
    ["ping", { traffic: "pings", reconnects: false }],
    ["reconnect", { traffic: "none", reconnects: true, flapPercent: 0 }],
    ["flap", { traffic: "none", reconnects: true, flapPercent: 20 }],
    ["slow", { traffic: "messages", slowClients: 30, senders: 100 }],
    ["e2e", { traffic: "messages", slowClients: 0, senders: 100 }],
  ])("%s", (MODE, expected) => {
    expect(parseWsSettings({ MODE, CLIENTS: "100" })).toMatchObject(expected);
  });

  test("pings may flap too", () => {
    expect(parseWsSettings({ MODE: "ping", FLAP_PCT: "20" })).toMatchObject({ traffic: "pings", reconnects: true, flapPercent: 20 });
  });

  test("where messages go to everybody, half of the clients send, and none of them is slow", () => {
    expect(parseWsSettings({ MODE: "slow", TARGET: "broadcast", CLIENTS: "200" })).toMatchObject({ senders: 100, slowClients: 60 });
    expect(parseWsSettings({ MODE: "slow", TARGET: "broadcast", CLIENTS: "10", SLOW_PCT: "80" })).toMatchObject({ senders: 2, slowClients: 8 });
  });
});

test("fast clients share virtual users, each slow one has its own", () => {
  const { scenarios } = wsOptions(parseWsSettings({ MODE: "slow", CLIENTS: "200" }), "fast", "slow");
  expect(scenarios).toMatchObject({ fast: { vus: 3, iterations: 1 }, slow: { vus: 60, iterations: 1 } });
  expect(Object.keys(wsOptions(parseWsSettings({}), "fast", "slow").scenarios)).toEqual(["fast"]);
});

describe("refused", () => {
  test.each([
    [{ MODE: "soak" }, "MODE=soak: choose one of"],
    [{ URL: "https://x" }, "URL=https://x: give an address"],
    [{ SLOW_PCT: "10" }, "SLOW_PCT=10: only MODE=slow"],
    [{ MODE: "e2e", SENDERS: "3" }, "SENDERS=3: with TARGET=echo every client sends"],
    [{ MODE: "e2e", TARGET: "broadcast", SENDERS: "11" }, "SENDERS=11: give a whole number from 1 to 10"],
    [{ MODE: "slow", TARGET: "broadcast", SLOW_PCT: "100" }, "SLOW_PCT=100: with TARGET=broadcast somebody must send"],
    [{ BACKOFF_MIN: "1m" }, "BACKOFF_MIN=1m: more than BACKOFF_MAX (10s)"],
    [{ DURATION: "1s" }, "CONNECT_OVER: must be shorter than DURATION (1s)"],
  ])("%j", (env, words) => {
    expect(() => parseWsSettings(env)).toThrow(words);
  });
});

test("what is due: each client from its connection on, once an interval", () => {
  const due = (env: Readonly<Record<string, string>>) => sendsDue(parseWsSettings(env));
  expect(due({ MODE: "connect" })).toBe(0);
  expect(due({ MODE: "ping", CLIENTS: "500", DURATION: "60s", CONNECT_OVER: "0s" })).toBe(30_000);
  // Begin at 0, 0.5, 1 and 1.5 s of 3 s.
  expect(due({ MODE: "ping", CLIENTS: "4", DURATION: "3s", CONNECT_OVER: "2s" })).toBe(3 + 3 + 2 + 2);
  expect(due({ MODE: "e2e", TARGET: "broadcast", CLIENTS: "10", SENDERS: "2", DURATION: "5s", CONNECT_OVER: "0s" })).toBe(10);
});

test("the wait before connecting again doubles up to its limit, and is spread from 0 to that", () => {
  const backoff = { leastMs: 200, mostMs: 10_000 };
  expect([0, 1, 2, 6, 1000].map((failures) => backoffMs(backoff, failures, 1))).toEqual([200, 400, 800, 10_000, 10_000]);
  expect(backoffMs(backoff, 3, 0)).toBe(0);
});

test("for all settings that are accepted, every client is fast or slow, and senders are clients", () => {
  const env = fc.record({
    MODE: fc.constantFrom(...WS_MODES),
    TARGET: fc.constantFrom("echo", "broadcast"),
    CLIENTS: fc.integer({ min: 1, max: 2000 }).map(String),
  });
  fc.assert(
    fc.property(env, (given) => {
      const settings = parseWsSettings(given);
      expect(settings.slowClients).toBeLessThanOrEqual(settings.clients);
      expect(settings.senders).toBeLessThanOrEqual(settings.clients);
      expect(settings.fastVus).toBeGreaterThanOrEqual(1);
      expect(sendsDue(settings)).toBeGreaterThanOrEqual(0);
    }),
  );
});
